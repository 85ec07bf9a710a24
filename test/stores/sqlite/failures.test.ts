// The directory in SQLite when the file, the disk, its tables or the handle fail.
import { randomUUID } from 'node:crypto';
import { open as openFile, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type Database from 'libsql';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { fileOf, pragma, type SqliteFiles, sqliteFiles } from '../../support/sqlite.js';

async function failure(promise: Promise<unknown>): Promise<LatchkeyError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(LatchkeyError);
  return error as LatchkeyError;
}

describe('sqliteDirectory, when something fails', () => {
  let files: SqliteFiles;
  let database: Database.Database;
  let directory: Directory;
  before(async () => {
    files = await sqliteFiles();
  });
  after(() => files.remove());
  beforeEach(async () => {
    database = await files.migrated();
    directory = sqliteDirectory(database);
  });

  const login = (by = directory) => by.provision({ subject: 'ada', groups: ['staff'] }, 'active');

  it('says what to run where the tables are missing, and where a column is', async () => {
    const error = await failure(sqliteDirectory(files.open(files.path())).findUser('ada'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA', status: 503 });
    expect(error.message).to.contain('run migrate(database)');
    expect(error.cause).to.include({ code: 'SQLITE_ERROR' });
    database.exec('ALTER TABLE latchkey_users DROP COLUMN last_asserted_at');
    expect(await failure(directory.findUser('ada'))).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
  });

  it('says so where the row of the generation is gone', async () => {
    const guarded = { keeping: { role: 'admin', groups: [] } };
    await directory.createUser({ subject: 'ada', authMethod: 'local', grantedRoles: ['admin'] });
    database.exec('DELETE FROM latchkey_mapping_generation');
    for (const call of [
      directory.mapping(),
      directory.updateUser('ada', { disabled: true }, guarded),
      directory.deleteUser('ada', guarded),
      directory.putMapping({ group: 'staff', roles: ['reader'] }),
    ]) {
      const error = await failure(call);
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('latchkey_mapping_generation');
    }
    expect(await directory.findUser('ada')).to.include({ version: 1 });
  });

  it('carries no change out without its row of the journal, and says how to go on', async () => {
    await login();
    const before = database.prepare('SELECT * FROM latchkey_users').all();
    const changes = [
      () => directory.provision({ subject: 'ada', groups: [] }, 'never'),
      () => directory.updateUser('ada', { disabled: true }),
      () => directory.deleteUser('ada'),
      () => directory.putMapping({ group: 'staff', roles: ['reader'] }),
      () => directory.journal?.note(['a']) ?? expect.fail(),
      () => directory.journal?.join('a', 3000, 1) ?? expect.fail(),
    ];
    // Lost; then older than the journal, as where one table was restored.
    await directory.journal?.note(['a']);
    database.exec('DELETE FROM latchkey_journal_head');
    for (const call of [...changes, () => directory.findUser('ada')]) {
      const error = await failure(call());
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('latchkey_journal_head').and.contain('invalidateAll()');
    }
    database.exec(`INSERT INTO latchkey_journal_head (only_row, database_id, seq, nonce) VALUES (1, 'x', -1, 'y')`);
    for (const change of changes) {
      const error = await failure(change());
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('latchkey_journal_head').and.contain('invalidateAll()');
    }
    expect(database.prepare('SELECT * FROM latchkey_users').all()).to.deep.equal(before);
  });

  it('reads from a file that only reads, and refuses to write', async () => {
    await login();
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.exec('PRAGMA query_only = 1');
    expect(await directory.findUser('ada')).to.include({ subject: 'ada' });
    expect(await login()).to.have.property('outcome', 'unchanged');
    for (const by of [directory, sqliteDirectory(files.open(`file:${fileOf(database)}?mode=ro`))]) {
      const error = await failure(by.updateUser('ada', { disabled: true }));
      expect(error).to.include({ code: 'ERR_DIRECTORY_REFUSED', retryAfterSeconds: undefined });
      expect(error.cause).to.include({ code: 'SQLITE_READONLY' });
    }
  });

  it('refuses where the disk is full, keeps what was, and goes on when there is room', async () => {
    await login();
    database.exec(`PRAGMA max_page_count = ${pragma(database, 'page_count')}`);
    const much = { subject: 'grace', displayName: 'x'.repeat(16_000) };
    const error = await failure(directory.provision(much, 'active'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
    expect(error.cause).to.include({ code: 'SQLITE_FULL' });
    expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
    database.exec('PRAGMA max_page_count = 100000');
    expect(await directory.provision(much, 'active')).to.have.property('outcome', 'created');
  });

  it('refuses a file that is damaged, and one that is no database', async () => {
    await login();
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const path = fileOf(database);
    database.close();
    const file = await openFile(path, 'r+');
    await file.write(Buffer.alloc((await stat(path)).size - 4096, 0xff), 0, undefined, 4096);
    await file.close();
    const damaged = await failure(sqliteDirectory(files.open(path)).findUser('ada'));
    expect(damaged).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
    expect(damaged.cause).to.include({ code: 'SQLITE_CORRUPT' });
    const other = files.path();
    await writeFile(other, 'not a database'.repeat(1000));
    const error = await failure(sqliteDirectory(files.open(other)).findUser('ada'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
    expect(error.cause).to.include({ code: 'SQLITE_NOTADB' });
  });

  it('rejects with ERR_DIRECTORY_UNAVAILABLE when the handle is closed', async () => {
    await login();
    database.close();
    const error = await failure(login());
    expect(error).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    expect((error.cause as Error).message).to.contain('not open');
  });

  it('refuses text that the columns do not hold, and dates that are none', async () => {
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    const device = { id: randomUUID(), ...about, createdAt: new Date(0), expiresAt: new Date(1) };
    const role = 'r'.repeat(513);
    for (const call of [
      () => directory.provision({ subject: '' }, 'active'),
      () => directory.provision({ subject: 's'.repeat(513) }, 'active'),
      () => directory.provision({ subject: 'eve', groups: ['g'.repeat(513)] }, 'active'),
      () => directory.provision({ subject: 'eve', displayName: 'n'.repeat(16_001) }, 'active'),
      () => directory.createUser({ subject: 'eve', authMethod: 'local', grantedRoles: [role] }),
      () => directory.updateUser('ada', { addRoles: [role] }),
      () => directory.putMapping({ group: '', roles: ['reader'] }),
      () => directory.putMapping({ group: 'staff', roles: ['reader'], note: 'n'.repeat(501) }),
      () => directory.createDevice({ ...device, name: 'n'.repeat(65) }),
      () => directory.createDevice({ ...device, clientId: '' }),
      () => directory.createDevice({ ...device, createdAt: new Date(Number.NaN) }),
    ]) {
      expect(await failure(call())).to.include({ code: 'ERR_DIRECTORY_VALUE' });
    }
    // In characters, not in code units.
    const long = '🎵'.repeat(512);
    expect(await directory.provision({ subject: long }, 'active')).to.have.nested.property('user.subject', long);
    expect(await directory.listUsers({ limit: 10 })).to.have.length(2);
    expect(await directory.listDevices(user.id, new Date(0))).to.deep.equal([]);
  });
});
