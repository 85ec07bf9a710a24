// The contract of directories on `node:sqlite`, which Node has from version 22. main.ts runs this file by mocha on
// those versions of Node, because the tests run on Node 20.

import { migrate } from '../../src/stores/migrate.js';
import type { SqliteDatabase } from '../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import { directoryContract } from '../../test/contracts/index.js';

interface Handle extends SqliteDatabase {
  close(): void;
}

// The types of Node 20 do not have this module.
const name = 'node:sqlite';
const { DatabaseSync } = (await import(name)) as { readonly DatabaseSync: new (path: string) => Handle };

const emptied = ['users', 'role_keys', 'group_roles', 'devices', 'audit', 'instances'];

describe(`node:sqlite of Node ${process.version}`, () => {
  let database: Handle;
  before(async () => {
    database = new DatabaseSync(':memory:');
    await migrate(database);
  });
  after(() => database.close());

  async function open() {
    for (const table of emptied) database.exec(`DELETE FROM latchkey_${table}`);
    return sqliteDirectory(database);
  }
  async function openUnreachable() {
    const closed = new DatabaseSync(':memory:');
    const directory = sqliteDirectory(closed);
    closed.close();
    return directory;
  }
  directoryContract('SQLite', { open, openUnreachable }, { describe, it, before, after, beforeEach });
});
