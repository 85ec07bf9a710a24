// What is so, and whether every process says so: by header, by session and by token.
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/processes.js';
import type { Looked, View } from './look.js';
import type { Child } from './world.js';

/** Somebody, and what is to be said of them. */
export interface Truth {
  readonly person: Looked;
  /** What has been so, and at last what is so or is about to be. */
  readonly views: View[];
  /** The earliest of them that may still be answered. */
  since: number;
}

/** What is so of somebody to begin with. */
export function truth(person: Looked, view: View): Truth {
  return { person, views: [view], since: 0 };
}

/** The view of somebody with these roles, in every way. */
export function view(person: Looked, roles: string, tokens: readonly string[] = person.devices.map(() => roles)): View {
  const byToken = tokens.map((each) => (each === roles && roles !== 'nobody' ? `${each} #1 Phone` : each));
  return { ...(person.groups === undefined ? {} : { header: roles }), session: roles, tokens: byToken };
}

/** Makes the change; once it has returned, only what is so then is right. */
export async function change(what: Truth, next: View, make: () => Promise<unknown>): Promise<void> {
  what.views.push(next);
  await make();
  what.since = what.views.length - 1;
}

/** Both may be answered for this long, since nobody waited for the others. */
export async function spread(what: readonly Truth[], milliseconds: number): Promise<void> {
  await pause(milliseconds);
  for (const each of what) each.since = each.views.length - 1;
}

/** How many answers were given, and which of them were wrong. */
export interface Tally {
  answers: number;
  readonly wrong: string[];
}

/** Nothing was asked yet. */
export function tally(): Tally {
  return { answers: 0, wrong: [] };
}

/** Which processes cannot reach the database at present, and may say so. */
export type Away = ReadonlySet<Child> & {
  /** A further code that they may answer. */
  readonly alsoSays?: string;
};

const unavailable = 'ERR_DIRECTORY_UNAVAILABLE';

/** Asks a process of somebody, and notes whatever was not so at any moment since. */
export async function ask(child: Child, what: Truth, result: Tally, away: Away = new Set()): Promise<void> {
  const { since } = what;
  const mayBeAway = away.has(child);
  const { view: seen } = await child.look(what.person);
  const allowed = what.views.slice(since);
  const ways = [
    ['header', (each: View) => each.header],
    ['session', (each: View) => each.session],
    ...what.person.devices.map((_, index) => [`token ${index}`, (each: View) => each.tokens[index]] as const),
  ] as const;
  for (const [way, by] of ways) {
    const said = by(seen);
    if (said === undefined) continue;
    result.answers += 1;
    const excused = (mayBeAway || away.has(child)) && (said === unavailable || said === away.alsoSays);
    if (excused || allowed.some((each) => by(each) === said)) continue;
    result.wrong.push(`${child.name}, ${what.person.subject} by ${way}: ${said}, not ${allowed.map(by).join(' or ')}`);
  }
}

/** Asks every process of everybody. */
export async function askAll(
  children: readonly Child[],
  everybody: readonly Truth[],
  result: Tally,
  away: Away = new Set(),
): Promise<void> {
  await Promise.all(children.flatMap((child) => everybody.map((what) => ask(child, what, result, away))));
}

/** Asks every process of everybody again and again while the work is done, and once more after it. */
export async function during<Result>(
  children: readonly Child[],
  everybody: readonly Truth[],
  result: Tally,
  work: () => Promise<Result>,
  away: Away = new Set(),
): Promise<Result> {
  let done = false;
  const traffic = children.map(async (child) => {
    for (let count = 0; !done; count += 1) {
      const what = everybody[count % everybody.length];
      if (what !== undefined) await ask(child, what, result, away);
      // Whoever asks without a pause takes the time from what is asked.
      await pause(10);
    }
  });
  try {
    return await work();
  } finally {
    done = true;
    await Promise.all(traffic);
    await askAll(children, everybody, result, away);
  }
}

/** Waits until these processes answer about everybody at once, from memory. */
export async function warm(children: readonly Child[], everybody: readonly Looked[]): Promise<void> {
  for (const child of children) {
    await until(
      `${child.name} answers from memory`,
      async () => {
        const looks = await Promise.all(everybody.map((person) => child.look(person)));
        return looks.every((each) => each.warm);
      },
      30,
    );
  }
}
