// The query plans of the lists in SQLite and MariaDB, among 100,000 users, devices and audit entries. A search for text
// is not among them, because no index of these databases finds a part of a text.
import { expect } from 'chai';
import type Database from 'libsql';
import type mysql from 'mysql2/promise';
import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type DirectoryKind, mariadbTables, sqliteTables } from '../support/directories.js';
import { fillMariadb, fillSqlite, manyRows, planningMariadb, planningSqlite } from '../support/plans.js';

const now = new Date(0);
const limit = 10;
const role = (name: string, ...groups: string[]) => ({ role: { role: name, groups }, limit });
const deviceId = (number: number) => `00000002-0000-4000-8000-0${String(number).padStart(11, '0')}`;

/** Each list, the index that it must use, and the number of rows that it finds. */
const lists: readonly (readonly [string, (directory: Directory) => Promise<readonly unknown[]>, RegExp, number])[] = [
  ['users', (by) => by.listUsers({ limit }), /one_per_subject|autoindex_latchkey_users/, 10],
  [
    'users, far behind',
    (by) => by.listUsers({ after: { subject: 'user-0090000' }, limit }),
    /one_per_subject|autoindex_latchkey_users/,
    10,
  ],
  ['users of the rarer method', (by) => by.listUsers({ authMethod: 'local', limit }), /users_by_method/, 10],
  ['users who are disabled', (by) => by.listUsers({ disabled: true, limit }), /users_by_disabled/, 10],
  ['users who wait', (by) => by.listUsers({ pending: true, limit }), /users_by_pending/, 5],
  ['users by a role of most', (by) => by.listUsers(role('member', 'staff')), /users/, 10],
  ['users by a role of few', (by) => by.listUsers(role('lead', 'team-77')), /users/, 10],
  ['users by a role of nobody', (by) => by.listUsers(role('nothing', 'no-such-group')), /users/, 0],
  [
    'users of the usual method by a role of few',
    (by) => by.listUsers({ authMethod: 'proxy', ...role('lead', 'team-77') }),
    /users_1 \(id=\?\)|u USING PRIMARY/,
    10,
  ],
  ['sets of groups with a group of few', (by) => by.countGroupSets('team-77'), /users_1 \(id=\?\)|u USING PRIMARY/, 1],
  ['devices', (by) => by.searchDevices({ now, limit }), /devices_newest_first/, 10],
  [
    'devices, far behind',
    (by) => by.searchDevices({ now, after: { id: deviceId(5000), createdAt: new Date(5000) }, limit }),
    /devices_newest_first/,
    10,
  ],
  ['devices of a user', (by) => by.searchDevices({ subject: 'user-0077777', now, limit }), /devices_by_user/, 1],
  ['entries', (by) => by.listAudit({ limit }), /PRIMARY|SCAN latchkey_audit$/m, 10],
  ['entries, far behind', (by) => by.listAudit({ after: { id: '5000' }, limit }), /PRIMARY|SCAN latchkey_audit$/m, 10],
  ['entries of an actor', (by) => by.listAudit({ actor: 'actor-7', limit }), /audit_by_actor/, 10],
  ['entries of an action', (by) => by.listAudit({ action: 'user.deleted', limit }), /audit_by_action/, 10],
  ['entries about a user', (by) => by.listAudit({ subject: 'user-0077777', limit }), /audit_by_subject/, 1],
];

/** A database with many rows, and what its plans show. */
interface Kind extends Pick<DirectoryKind, 'start' | 'stop'> {
  readonly name: string;
  /** Opens the directory with many rows. It adds the plan of each list to `plans`. */
  open(plans: string[]): Promise<Directory>;
  /** Expects that a plan reads few rows. */
  expectFew(plan: string): void;
}

function sqlite(): Kind {
  let database: Database.Database;
  const { open, ...tables } = sqliteTables((opened) => {
    database = opened;
    return sqliteDirectory(opened);
  });
  return {
    name: 'SQLite',
    ...tables,
    async open(plans) {
      await open();
      fillSqlite(database);
      return sqliteDirectory(planningSqlite(database, plans));
    },
    expectFew(plan) {
      // The rows of a CO-ROUTINE are those that its own part of the plan has found. The audit trail is read by its key.
      const given = [...plan.matchAll(/^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/gm)].map(([, table]) => table);
      const scanned = [...plan.matchAll(/^SCAN (\w+)$/gm)].map(([, table]) => table);
      expect(scanned.filter((table) => !given.includes(table) && table !== 'latchkey_audit')).to.deep.equal([], plan);
      if (given.length === 0 && plan.includes('USE TEMP B-TREE')) expect(plan).to.not.match(/^SCAN /m);
    },
  };
}

function mariadb(): Kind {
  let pool: mysql.Pool;
  const { open, ...tables } = mariadbTables((opened) => {
    pool = opened;
    return mysqlDirectory(opened);
  });
  return {
    name: 'MariaDB',
    ...tables,
    async open(plans) {
      await open();
      await fillMariadb(pool);
      return mysqlDirectory(planningMariadb(pool, plans));
    },
    expectFew(plan) {
      expect(plan).to.not.match(/^ALL latchkey|^(?:ALL|index) \w+ .*filesort/m);
      // A list by role reads the first 1,100 users of the list and their keys.
      expect(Number(/READ (\d+)/.exec(plan)?.[1]), plan).to.be.below(5000);
    },
  };
}

for (const kind of [sqlite(), mariadb()]) {
  describe(`the lists in ${kind.name}, among ${manyRows} rows`, () => {
    const plans: string[] = [];
    let directory: Directory;
    before(async () => {
      await kind.start();
      directory = await kind.open(plans);
    });
    after(() => kind.stop());
    beforeEach(() => {
      plans.length = 0;
    });

    for (const [what, ask, index, found] of lists) {
      it(`read few rows, by an index: ${what}`, async () => {
        expect(await ask(directory)).to.have.length(found);
        expect(plans.join('\n')).to.match(index);
        for (const plan of plans) kind.expectFew(plan);
      });
    }
  });
}
