// The answers that are right for a user, and checks of every process: by header, by session and by token.
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/processes.js';
import type { Person, View } from './look.js';
import type { Child } from './world.js';

/** The views of something that changes. */
export interface History<Seen> {
  /** All views in order. The last one is current, or is the result of a change that is running. */
  readonly views: Seen[];
  /** The index of the earliest view that is still right. */
  since: number;
}

/** A user, and the views that are right. */
export interface Expectation extends History<View> {
  readonly person: Person;
}

/** A user with the view that is right at first. */
export function expectation(person: Person, view: View): Expectation {
  return { person, views: [view], since: 0 };
}

/** The view of a user with these roles: by header, by session and, unless `tokens` differ, by token. */
export function view(person: Person, roles: string, tokens: readonly string[] = person.devices.map(() => roles)): View {
  const byToken = tokens.map((each) => (each === roles && roles !== 'nobody' ? `${each} #1 Phone` : each));
  return { ...(person.groups === undefined ? {} : { header: roles }), session: roles, tokens: byToken };
}

/** Makes a change. Once it has returned, only the new view is right. If it fails, the new view may be right, too. */
export async function change<Seen>(what: History<Seen>, next: Seen, make: () => Promise<unknown>): Promise<void> {
  what.views.push(next);
  await make();
  what.since = what.views.length - 1;
}

/** Accepts old and new views for this long, for changes that did not wait for the other processes. */
export async function waitForOthers(what: readonly Expectation[], milliseconds: number): Promise<void> {
  await pause(milliseconds);
  for (const each of what) each.since = each.views.length - 1;
}

/** How many answers were given, and which of them were wrong. */
export interface Tally {
  answers: number;
  readonly wrong: string[];
}

/** An empty tally. */
export function tally(): Tally {
  return { answers: 0, wrong: [] };
}

/** The processes that cannot reach the database at present, and may answer so. */
export type Away = ReadonlySet<Child> & {
  /** Another code that they may answer. */
  readonly alsoSays?: string;
};

const unavailable = 'ERR_DIRECTORY_UNAVAILABLE';

/** Asks a process about a user. An answer is wrong if it was right at no time since the question. */
export async function ask(child: Child, what: Expectation, result: Tally, away: Away = new Set()): Promise<void> {
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

/** Asks every process about every user. */
export async function askAll(
  children: readonly Child[],
  everybody: readonly Expectation[],
  result: Tally,
  away: Away = new Set(),
): Promise<void> {
  await Promise.all(children.flatMap((child) => everybody.map((what) => ask(child, what, result, away))));
}

/** Asks every process about every user, repeatedly during the work and once after it. */
export async function during<Result>(
  children: readonly Child[],
  everybody: readonly Expectation[],
  result: Tally,
  work: () => Promise<Result>,
  away: Away = new Set(),
): Promise<Result> {
  let done = false;
  const traffic = children.map(async (child) => {
    for (let count = 0; !done; count += 1) {
      const what = everybody[count % everybody.length];
      if (what !== undefined) await ask(child, what, result, away);
      // Without a pause, the questions would take CPU time from the processes.
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

/** Waits until these processes answer about all users from memory. */
export async function warm(children: readonly Child[], everybody: readonly Person[]): Promise<void> {
  for (const child of children) {
    await until(
      `${child.name} answers from memory`,
      async () => {
        const answers = await Promise.all(everybody.map((person) => child.look(person)));
        return answers.every((each) => each.warm);
      },
      30,
    );
  }
}
