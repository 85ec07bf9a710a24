// Keeps the expected data of the users, and compares it with the database after a fault.
import { readFile } from 'node:fs/promises';
import { sqlDirectory } from '../../src/index.js';
import { openPairing, redeem } from '../../test/e2e/journey.js';
import { administrator, byHeader, type Person, person } from './people.js';
import type { Site } from './site.js';

/** The user who signs in at the host. All servers share this user's sessions. */
export const localUser = { subject: 'local', roles: 'member' } as const;

/** A user whom one server's administrator changes. */
export interface ChangedPerson extends Person {
  /** A group that only this user is in. */
  readonly crew: string;
  /** Changes that returned, and tries that did not. */
  readonly changes: { done: number; unconfirmed: number };
}

/** The expected data. */
export interface Truth {
  /** The users of the questions `header` and `token`. */
  readonly people: readonly Person[];
  readonly changed: readonly ChangedPerson[];
  /** The names of the devices whose apps got a token, by id. */
  readonly paired: Map<string, string>;
  /** Doubled effects that the requests found. */
  readonly doubled: string[];
  /** Returns lost and doubled effects, from a comparison with the database and the events. */
  check(): Promise<{ readonly lost: readonly string[]; readonly doubled: readonly string[] }>;
  /** Takes over the data of the database, after an older copy has replaced it. */
  accept(): Promise<void>;
}

/** Creates the users, and connects a device for each. */
export async function establishTruth(site: Site): Promise<Truth> {
  const { database, servers } = site;
  const [first] = servers;
  if (first === undefined) throw new Error('There is a server');
  const directory = sqlDirectory(database);
  await directory.createUser({ subject: localUser.subject, authMethod: 'local', grantedRoles: [localUser.roles] });

  async function withToken<Who extends Omit<Person, 'token'>>(who: Who): Promise<Who & Person> {
    const { code } = await openPairing(byHeader(first as (typeof servers)[number], who));
    const { json } = await redeem((first as (typeof servers)[number]).url, code);
    return { ...who, token: String(json['access_token']) };
  }
  await byHeader(first, administrator).get('/auth/me');
  const steady = await withToken(person('steady', ['staff'], 'viewer'));
  const changed: ChangedPerson[] = [];
  for (const { name } of servers) {
    const crew = `crew-${name}`;
    const who = { ...person(`changed-${name}`, ['staff', crew], 'viewer'), crew, changes: { done: 0, unconfirmed: 0 } };
    changed.push(await withToken(who));
  }
  const paired = new Map<string, string>();
  const doubled: string[] = [];
  const read: Record<string, number> = {};
  const entriesBefore = new Map<string, number>();

  async function viewInDatabase({ subject, crew }: ChangedPerson): Promise<string> {
    const user = await directory.findUser(subject);
    if (user === undefined) return 'nobody';
    if (user.disabled) return 'disabled';
    const { groupRoles } = await directory.mapping();
    return groupRoles.some(({ group }) => group === crew) ? 'operator+viewer' : 'viewer';
  }

  async function entriesOf({ subject, crew }: ChangedPerson): Promise<number> {
    const { rows } = await database.query<{ count: string }>(
      'SELECT count(*) AS count FROM latchkey_audit WHERE actor = $1 AND (subject = $2 OR group_name = $3)',
      [administrator.subject, subject, crew],
    );
    return Number(rows[0]?.count);
  }

  /** The events since the last `accept` that may occur only once: the type and the id that each is about. */
  async function events(): Promise<readonly string[]> {
    const texts = await Promise.all(servers.map((server) => readFile(server.events, 'utf8')));
    const lines = texts.flatMap((text, index) => text.slice(read[servers[index]?.name ?? ''] ?? 0).split('\n'));
    return lines.flatMap((line) => {
      if (line === '') return [];
      const { type, subject, pairingId } = JSON.parse(line) as { type: string; subject?: string; pairingId?: string };
      if (type === 'user.created') return [`${type} ${subject}`];
      return type === 'device.paired' || type === 'pairing.replayed' ? [`${type} ${pairingId}`] : [];
    });
  }

  return {
    people: [steady, ...changed],
    changed,
    paired,
    doubled,

    async check() {
      const lost: string[] = [];
      const found = [...doubled.splice(0)];
      for (const who of changed) {
        const { since } = who;
        const done = who.changes.done;
        const [view, entries] = [
          await viewInDatabase(who),
          (await entriesOf(who)) - (entriesBefore.get(who.subject) ?? 0),
        ];
        const right = who.views.slice(since);
        if (!right.includes(view)) lost.push(`${who.subject} is ${view}, not ${right.join(' or ')}`);
        if (entries < done) lost.push(`${who.subject}: ${done} changes, ${entries} entries in the audit trail`);
        // One change may be running.
        const most = who.changes.done + who.changes.unconfirmed + 1;
        if (entries > most)
          found.push(`${who.subject}: at most ${most} changes, ${entries} entries in the audit trail`);
      }
      const ids = [...paired.keys()];
      const { rows } = await database.query<{ id: string; name: string }>('SELECT id, name FROM latchkey_devices');
      const stored = new Set(rows.map(({ id }) => id));
      for (const id of ids) if (!stored.has(id)) lost.push(`${paired.get(id)}: its app has a token, but no row exists`);
      const names = rows.map(({ name }) => name).filter((name) => name.startsWith('phone of '));
      found.push(...repeated(names).map((name) => `${name}: several devices`));
      found.push(...repeated(await events()));
      return { lost, doubled: found };
    },

    async accept() {
      paired.clear();
      doubled.length = 0;
      for (const { name, events: file } of servers) read[name] = (await readFile(file, 'utf8')).length;
      for (const who of changed) {
        who.views.push(await viewInDatabase(who));
        who.since = who.views.length - 1;
        entriesBefore.set(who.subject, await entriesOf(who));
        Object.assign(who.changes, { done: 0, unconfirmed: 0 });
      }
    },
  };
}

function repeated(values: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const value of values) (seen.has(value) ? twice : seen).add(value);
  return [...twice];
}
