// Migrations of the directory in SQLite, and the prefix of its tables.
import { expect } from 'chai';
import type Database from 'libsql';
import { migrate } from '../../../src/stores/migrate.js';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { refusal } from '../../support/people.js';
import { fileOf, type SqliteFiles, sqliteFiles } from '../../support/sqlite.js';
import { outcomesOf } from '../../support/store-workers.js';

const all = ['0001-tables', '0002-journal', '0003-host-users'];

describe('migrate, in SQLite', () => {
  let files: SqliteFiles;
  let database: Database.Database;
  before(async () => {
    files = await sqliteFiles();
  });
  after(() => files.remove());
  beforeEach(() => {
    database = files.open(files.path());
  });

  const column = (statement: string): readonly unknown[] =>
    database
      .prepare(statement)
      .all()
      .map((row) => Object.values(row as object)[0]);
  const tables = () =>
    column(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`);
  const failure = async (): Promise<LatchkeyError> => {
    const error: unknown = await migrate(database).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LatchkeyError);
    return error as LatchkeyError;
  };

  it('makes the tables, records what it did, and does nothing the second time', async () => {
    expect(await migrate(database)).to.deep.equal(all);
    expect(column('SELECT name FROM latchkey_migrations ORDER BY position')).to.deep.equal(all);
    expect(await migrate(database)).to.deep.equal([]);
    expect(tables()).to.deep.equal([
      'latchkey_audit',
      'latchkey_devices',
      'latchkey_group_roles',
      'latchkey_instances',
      'latchkey_journal',
      'latchkey_journal_head',
      'latchkey_mapping_generation',
      'latchkey_migrations',
      'latchkey_role_keys',
      'latchkey_users',
    ]);
  });

  it('is run by eight processes at once, and applied by one', async () => {
    const path = fileOf(database);
    const applied = await outcomesOf(8, { place: { path }, count: 1, task: 'migrate' });
    expect(applied).to.deep.equal(all);
    expect(await sqliteDirectory(database).mapping()).to.deep.include({ generation: 0, groupRoles: [] });
  });

  it('gives each database an id and a beginning of its own', async () => {
    const seen = new Set<unknown>();
    for (let round = 0; round < 2; round += 1) {
      database = files.open(files.path());
      await migrate(database);
      for (const value of column('SELECT database_id FROM latchkey_journal_head')) seen.add(value);
      for (const value of column(`SELECT h.nonce FROM latchkey_journal_head h JOIN latchkey_journal j
        ON j.seq = h.seq AND j.nonce = h.nonce WHERE h.seq = 0 AND j.changed_keys = '[]'`)) {
        expect(value).to.have.length.at.least(22);
        seen.add(value);
      }
    }
    expect(seen.size).to.equal(4);
  });

  it('refuses a database that a newer version has migrated, and names both', async () => {
    await migrate(database);
    database.exec(`INSERT INTO latchkey_migrations VALUES (${all.length}, '9999-later', 'a checksum', 0)`);
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('9999-later').and.contain(all.at(-1));
  });

  it('refuses a database whose migrations were altered or have other names', async () => {
    await migrate(database);
    database.exec(`UPDATE latchkey_migrations SET checksum = 'something else' WHERE position = 1`);
    expect((await failure()).message).to.match(/0002-journal with checksum something else; .*[0-9a-f]{64}/);
    database.exec(`UPDATE latchkey_migrations SET name = '0002-other' WHERE position = 1`);
    expect((await failure()).message)
      .to.contain('0002-other')
      .and.contain('0002-journal');
  });

  it('changes nothing at all where one migration fails, and keeps the cause', async () => {
    database.exec('CREATE TABLE latchkey_journal (mine INTEGER)');
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('0002-journal').and.contain('changed nothing');
    expect((error.cause as Error).message).to.contain('already exists');
    expect(tables()).to.deep.equal(['latchkey_journal']);
    database.exec('DROP TABLE latchkey_journal');
    expect(await migrate(database)).to.deep.equal(all);
  });

  it('passes on a handle that only reads where nothing is to be done, and is refused otherwise', async () => {
    await migrate(database);
    expect(await migrate(files.open(`file:${fileOf(database)}?mode=ro`))).to.deep.equal([]);
    database = files.open(files.path());
    database.exec('PRAGMA query_only = 1');
    expect(await failure()).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
  });

  it('names the tables as the prefix says, so that two directories share a file', async () => {
    const options = { tablePrefix: 'Music2_' };
    expect(await migrate(database, options)).to.deep.equal(all);
    expect(await migrate(database, options)).to.deep.equal([]);
    expect(await refusal(sqliteDirectory(database).findUser('ada'))).to.equal('ERR_DIRECTORY_SCHEMA');
    expect(await migrate(database)).to.deep.equal(all);
    const [music, others] = [sqliteDirectory(database, options), sqliteDirectory(database)];
    await music.provision({ subject: 'latchkey_ada', groups: ['latchkey_staff'] }, 'active');
    expect(await music.findUser('latchkey_ada')).to.deep.include({ groups: ['latchkey_staff'] });
    expect(await others.listUsers({ limit: 10 })).to.deep.equal([]);
    expect(tables().filter((name) => String(name).startsWith('Music2_'))).to.have.length(10);
  });

  it('refuses a prefix that is no part of a name, and unknown options', async () => {
    for (const tablePrefix of ['', '2music_', 'a b', 'a;', `a'`, 'a-', 'é', 'a'.repeat(33), 7 as unknown as string]) {
      expect(() => sqliteDirectory(database, { tablePrefix }), String(tablePrefix))
        .to.throw(LatchkeyError, /expected a tablePrefix of/)
        .with.property('code', 'ERR_CONFIG');
      expect(await refusal(migrate(database, { tablePrefix }))).to.equal('ERR_CONFIG');
    }
    const misspelt = { prefix: 'a_' } as object;
    expect(() => sqliteDirectory(database, misspelt)).to.throw(LatchkeyError, /it has tablePrefix/);
    expect(sqliteDirectory(database, { tablePrefix: undefined })).to.be.an('object');
  });

  it('has not been edited since its release', async () => {
    await migrate(database);
    const found = database.prepare('SELECT name, checksum FROM latchkey_migrations ORDER BY position').all();
    // Other checksums here mean that every database there is would be refused: add a migration instead.
    expect(found).to.deep.equal([
      { name: '0001-tables', checksum: 'b779b8245d696fcdcfc719992e081aae393270d90402021fedd71e3f3e2ca8af' },
      { name: '0002-journal', checksum: 'f43f83d6ac0ce153b7d0c7bd113c34273d4231f4f83037ec9e4b1bc9a9998e89' },
      { name: '0003-host-users', checksum: '0a8f2079e7f5270709defa4fe65b91356278dd2f25dd67593950b2141a0fc582' },
    ]);
  });
});
