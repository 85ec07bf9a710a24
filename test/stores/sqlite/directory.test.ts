// The directory in SQLite, by libsql: in a file, and in memory.
import { expect } from 'chai';
import Database from 'libsql';
import { migrate } from '../../../src/stores/migrate.js';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { directoryContract } from '../../contracts/index.js';
import { emptySqlite, type SqliteFiles, sqliteFiles } from '../../support/sqlite.js';

const runner = { describe, it, before, after, beforeEach };

describe('sqliteDirectory', () => {
  let files: SqliteFiles;
  let file: Database.Database;
  let memory: Database.Database;
  before(async () => {
    files = await sqliteFiles();
    file = await files.migrated();
    memory = files.open(':memory:');
    await migrate(memory);
  });
  after(() => files.remove());

  async function openUnreachable() {
    const closed = new Database(':memory:');
    const directory = sqliteDirectory(closed);
    closed.close();
    return directory;
  }
  const opening = (database: () => Database.Database) => async () => {
    emptySqlite(database());
    return sqliteDirectory(database());
  };
  directoryContract('SQLite in a file', { open: opening(() => file), openUnreachable }, runner);
  directoryContract('SQLite in memory', { open: opening(() => memory) }, runner);

  it('finds groups by patterns that end in the last character before the surrogates, or in the last of all', async () => {
    const directory = await opening(() => memory)();
    const groups = ['\ud7ffx', '\ue000x', '\u{10ffff}x', '\u{10fffe}\u{10ffff}x', '🎵x', 'desk-x'];
    for (const [index, group] of groups.entries()) {
      await directory.provision({ subject: `user-${index}`, groups: [group] }, 'active');
    }
    for (const group of groups) {
      const found = await directory.countGroupSets(`${group.slice(0, -1)}*`);
      expect(found.map((set) => set.groups)).to.deep.equal([[group]]);
    }
    expect(await directory.countGroupSets('*x')).to.have.length(groups.length);
  });
});
