// Measures each call of each directory with few and with many users, and lists the plans that read whole tables.
// Arguments: the databases (default: all), then `--users` and the numbers of users.
import { randomUUID } from 'node:crypto';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Filled, kinds } from './growth-databases.js';

const now = new Date(0);
const limit = 50;

/** The user and the device of one call. */
interface Subject {
  readonly subject: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly number: number;
}

type Call = (directory: Directory, one: Subject, all: readonly Subject[]) => Promise<unknown>;

const role = (name: string, ...groups: string[]) => ({ role: { role: name, groups }, limit });

/** The calls of requests and of lists, in the order of the table. `lists` may read many rows in SQLite and MariaDB. */
const calls: Readonly<Record<string, Call>> = {
  'login, unchanged': async (by, { subject }) => {
    const row = await by.findUser(subject);
    return by.provision({ subject, groups: row?.groups ?? [] }, 'active');
  },
  'login, other groups': (by, { subject, number }) =>
    by.provision({ subject, groups: ['staff', `team-${number % 5000}`, 'new'] }, 'active'),
  'login, new user': (by, { number }) =>
    by.provision({ subject: `new-${number}-${randomUUID()}`, groups: ['staff'] }, 'active'),
  'user of a session': (by, { subject }) => by.findUser(subject),
  'user by id': (by, { userId }) => by.findUserById(userId),
  'other spellings': async (by, { subject }) => by.findSpellings?.(subject),
  'device of a token': (by, { deviceId }) => by.findDevice(deviceId),
  'pair a device': (by, { userId }) =>
    by.createDevice(
      {
        ...{ id: randomUUID(), userId, name: 'Phone', clientId: 'app', pairedBy: 'qr', createdAt: now },
        expiresAt: new Date(9_000_000),
      },
      20,
    ),
  'renew a token': (by, { deviceId }) => by.renewDevice(deviceId, 1, now, new Date(9_000_000)),
  'confirm a renewal': (by, { deviceId }) => by.confirmRenewal(deviceId, 2, now),
  'devices of a user': (by, { userId }) => by.listDevices(userId, now),
  'last uses of 100 devices': (by, _one, all) =>
    by.touchDevices(all.map(({ deviceId }) => ({ id: deviceId, lastUsedAt: new Date() }))),
  logout: (by, { userId, number }) => by.endLogin(userId, `login-${number}`, 100),
  'grant a role': (by, { subject }) => by.updateUser(subject, { addRoles: ['helper'] }),
  'disable, keep an administrator': (by, { subject }) =>
    by.updateUser(subject, { disabled: true }, { keeping: { role: 'member', groups: ['staff'] } }),
  'revoke all devices': (by, { userId }) => by.revokeDevices(userId, 'all', new Date(1000)),
  mappings: (by) => by.mapping(),
  'set a mapping': (by, { number }) => by.putMapping({ group: `team-${number % 50}`, roles: ['lead'] }),
  'dry run of a mapping': (by) => by.countGroupSets('team-77'),
  'list users': (by) => by.listUsers({ limit }),
  'list users, far behind': (by, { subject }) => by.listUsers({ after: { subject }, limit }),
  'list users, disabled': (by) => by.listUsers({ disabled: true, limit }),
  'list users, role of most': (by) => by.listUsers(role('member', 'staff')),
  'list users, role of few': (by) => by.listUsers(role('lead', 'team-77')),
  'list users, role of none': (by) => by.listUsers(role('nothing', 'no-such-group')),
  'search users': (by, { number }) => by.listUsers({ search: `person.${number}@`, limit }),
  'list devices': (by) => by.searchDevices({ now, limit }),
  'list devices of a user': (by, { subject }) => by.searchDevices({ subject, now, limit }),
  'audit trail': (by) => by.listAudit({ limit }),
  'audit trail of a user': (by, { subject }) => by.listAudit({ subject, limit }),
  'audit trail of an actor': (by) => by.listAudit({ actor: 'actor-7', limit }),
};

const repetitions = 15;

async function subjects(directory: Directory, users: number): Promise<readonly Subject[]> {
  const found: Subject[] = [];
  for (let index = 0; found.length < 100; index += 1) {
    const number = ((index * 7919) % users) + 1;
    const subject = `user-${String(number).padStart(7, '0')}`;
    const user = await directory.findUser(subject);
    const [device] = user === undefined ? [] : await directory.listDevices(user.id, now);
    if (user === undefined || user.authMethod === 'local' || device === undefined) continue;
    found.push({ subject, userId: user.id, deviceId: device.id, number });
  }
  return found;
}

interface Row {
  readonly median: number;
  readonly slowest: number;
  readonly statements: number;
  readonly scanned: readonly string[];
}

async function measure({ directory, plansOf, scanned }: Filled, users: number): Promise<Map<string, Row>> {
  const all = await subjects(directory, users);
  const { journal } = directory;
  if (journal === undefined) throw new Error('Every SQL directory has a journal');
  const { rows } = await journal.join('measured', 7000, 10_000);
  const place = rows.at(-1);
  if (place === undefined) throw new Error('A journal has at least one row');
  const every: Record<string, Call> = {
    ...calls,
    'journal: beat': () => journal.beat('measured', place),
    'journal: instances': () => journal.instances(),
    'journal: join': () => journal.join(`other-${randomUUID()}`, 7000, 10_000),
  };
  const results = new Map<string, Row>();
  for (const [name, call] of Object.entries(every)) {
    const plans = await plansOf(() => call(directory, all[99] as Subject, all));
    const times: number[] = [];
    for (let index = 0; index < repetitions; index += 1) {
      const began = performance.now();
      await call(directory, all[index] as Subject, all);
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    results.set(name, {
      median: times[Math.floor(repetitions / 2)] ?? 0,
      slowest: times.at(-1) ?? 0,
      statements: plans.length,
      scanned: [...new Set(plans.flatMap(scanned))],
    });
    console.error(`${name}:\n${plans.join('\n--\n')}\n`);
  }
  return results;
}

const [named, sizes] = process.argv.slice(2).join(' ').split('--users');
const names = (named ?? '').split(' ').filter((name) => name !== '');
const counts = (sizes ?? '1000 1000000')
  .split(' ')
  .filter((text) => text !== '')
  .map(Number);

for (const kind of kinds.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const columns: Map<string, Row>[] = [];
  for (const users of counts) {
    const began = performance.now();
    const filled = await kind.fill(users);
    console.error(`${kind.name}: ${users} users after ${Math.round((performance.now() - began) / 1000)} s`);
    try {
      columns.push(await measure(filled, users));
      console.error(JSON.stringify(await filled.sizes()));
    } finally {
      await filled.stop();
    }
  }
  console.log(`\n## ${kind.name}\n`);
  console.log(
    `| call | ${counts.map((count) => `${count.toLocaleString('en')} users`).join(' | ')} | statements | reads a whole table |`,
  );
  console.log(`|---|${counts.map(() => '---').join('|')}|---|---|`);
  for (const [name, last] of columns.at(-1) ?? []) {
    const times = columns.map((column) => {
      const row = column.get(name);
      return row === undefined ? '' : `${row.median.toFixed(1)} (${row.slowest.toFixed(1)})`;
    });
    console.log(`| ${name} | ${times.join(' | ')} | ${last.statements} | ${last.scanned.join(', ') || 'no'} |`);
  }
}
