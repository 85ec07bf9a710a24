// The directory in SQLite when the file, the disk, its tables or the handle fail.
import { randomUUID } from 'node:crypto';
import { open as openFile, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import Database from 'libsql';
import type { SqliteDatabase } from '../../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { isBusy, sqliteError } from '../../../src/stores/sqlite/sqlite-errors.js';
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

describe('sqliteError', () => {
  // As the documentation of each driver has it: better-sqlite3 and libsql `code`, node:sqlite `errcode` and `errstr`.
  const better = (code: string) => Object.assign(new Error('said by SQLite'), { code });
  const libsql = (code: string, rawCode: number) => Object.assign(better(code), { rawCode });
  const node = (errcode: number) =>
    Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode, errstr: 'said by SQLite' });
  const cases: readonly (readonly [number, string, string])[] = [
    [5, 'SQLITE_BUSY', 'ERR_DIRECTORY_UNAVAILABLE'],
    [6, 'SQLITE_LOCKED', 'ERR_DIRECTORY_UNAVAILABLE'],
    [8, 'SQLITE_READONLY', 'ERR_DIRECTORY_REFUSED'],
    [10, 'SQLITE_IOERR', 'ERR_DIRECTORY_UNAVAILABLE'],
    [11, 'SQLITE_CORRUPT', 'ERR_DIRECTORY_REFUSED'],
    [13, 'SQLITE_FULL', 'ERR_DIRECTORY_REFUSED'],
    [14, 'SQLITE_CANTOPEN', 'ERR_DIRECTORY_REFUSED'],
    [18, 'SQLITE_TOOBIG', 'ERR_DIRECTORY_VALUE'],
    [19, 'SQLITE_CONSTRAINT', 'ERR_DIRECTORY_VALUE'],
    [23, 'SQLITE_AUTH', 'ERR_DIRECTORY_REFUSED'],
    [26, 'SQLITE_NOTADB', 'ERR_DIRECTORY_REFUSED'],
  ];
  for (const [number, name, code] of cases) {
    it(`takes ${name} of every driver for ${code}`, () => {
      // The low eight bits of an extended code are the primary one: 266 is SQLITE_IOERR_READ, 1544 SQLITE_READONLY_DBMOVED.
      const extended = [libsql(`${name}_READ`, number + 256), better(`${name}_OTHER`), node(number + 6 * 256)];
      for (const error of [better(name), libsql(name, number), node(number), ...extended]) {
        const translated = sqliteError(error);
        expect(translated).to.include({ code });
        expect((translated.cause as { readonly code?: string }).code).to.match(new RegExp(`^${name}`));
        expect(isBusy(error)).to.equal(number === 5 || number === 6);
      }
    });
  }

  it('takes a closed handle for ERR_DIRECTORY_UNAVAILABLE, whatever the driver calls it', () => {
    const closed = Object.assign(new Error('database is not open'), { code: 'ERR_INVALID_STATE' });
    for (const error of [closed, new TypeError('The database connection is not open')]) {
      expect(sqliteError(error)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    }
  });

  it('keeps nothing of the driver’s error but its message, code and stack', () => {
    const error = Object.assign(node(8), { statement: 'secret', params: ['secret'] });
    const { cause } = sqliteError(error);
    expect(Object.keys(cause as object)).to.deep.equal(['code']);
  });
});

describe('sqliteDirectory, with another driver', () => {
  /** A handle that speaks as node:sqlite does: numbers as bigint, and arrays of values are no parameters. */
  function likeNode(file: Database.Database): SqliteDatabase {
    return {
      exec: (text) => file.exec(text),
      prepare(text) {
        const statement = file.prepare(text).safeIntegers(true);
        return {
          all: (...params) => {
            expect(params.every((param) => param === null || ['string', 'number'].includes(typeof param))).to.equal(
              true,
            );
            return statement.all(...params);
          },
          run: (...params) => ({ changes: BigInt(statement.run(...params).changes) }),
        };
      },
    };
  }

  it('reads numbers as bigint, too', async () => {
    const files = await sqliteFiles();
    try {
      const directory = sqliteDirectory(likeNode(await files.migrated()));
      const created = await directory.provision({ subject: 'ada', groups: ['staff'] }, 'pending');
      expect(created).to.deep.nested.include({ 'user.version': 1, 'user.pending': true, 'user.disabled': false });
      const updated = await directory.updateUser('ada', { pending: false });
      expect(updated).to.deep.include({ version: 2, pending: false });
      expect(updated?.updatedAt).to.be.instanceOf(Date);
      expect(await directory.pruneAudit(new Date('2100-01-01'))).to.equal(1);
      expect((await directory.journal?.note(['a']))?.seq).to.equal(2);
    } finally {
      await files.remove();
    }
  });

  it('refuses at once what is no synchronous handle', () => {
    const promised = { exec: async () => {}, prepare: async () => ({}) };
    const callbacks = { exec() {}, prepare() {}, each() {} };
    const wrong: readonly [unknown, string][] = [
      ['latchkey.db', 'a string'],
      [undefined, 'nothing'],
      [Database, 'a class: create an instance with new'],
      [promised, 'another object'],
      [callbacks, 'another object'],
    ];
    for (const [handle, saw] of wrong) {
      expect(() => sqliteDirectory(handle as SqliteDatabase))
        .to.throw(LatchkeyError, `saw ${saw}.`)
        .with.property('code', 'ERR_CONFIG');
    }
  });
});
