// What the directory in SQLite does while another connection, or the host on the same handle, has a transaction open.
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type Database from 'libsql';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { withRetry } from '../../../src/stores/sqlite/transactions.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { refusal } from '../../support/people.js';
import { fileOf, type SqliteFiles, sqliteFiles } from '../../support/sqlite.js';

describe('sqliteDirectory, while the file is locked', () => {
  let files: SqliteFiles;
  let database: Database.Database;
  let neighbour: Database.Database;
  let directory: Directory;
  before(async () => {
    files = await sqliteFiles();
  });
  after(() => files.remove());
  beforeEach(async () => {
    database = await files.migrated();
    // As a host leaves it: a driver that waits for a lock blocks the event loop.
    database.exec('PRAGMA busy_timeout = 60000');
    neighbour = files.open(fileOf(database));
    directory = sqliteDirectory(database);
  });

  const login = () => directory.provision({ subject: 'ada' }, 'active');

  /** Starts the call, and sees that it waits while the event loop goes on. */
  async function waiting<Result>(call: () => Promise<Result>): Promise<{ readonly result: Promise<Result> }> {
    let ended = false;
    const result = call().finally(() => {
      ended = true;
    });
    for (let turns = 0; turns < 100; turns += 1) await turn();
    expect(ended).to.equal(false);
    return { result };
  }

  it('waits for the neighbour without blocking the event loop, and then goes on', async () => {
    neighbour.exec('BEGIN IMMEDIATE');
    neighbour.exec(`UPDATE latchkey_mapping_generation SET generation = generation + 7`);
    const { result } = await waiting(login);
    neighbour.exec('COMMIT');
    expect(await result).to.have.property('outcome', 'created');
    expect(await directory.mapping()).to.have.property('generation', 7);
  });

  it('reads what was committed meanwhile, and waits for nobody, with WAL', async () => {
    await login();
    neighbour.exec('BEGIN IMMEDIATE');
    neighbour.exec('DELETE FROM latchkey_users');
    expect(await directory.findUser('ada')).to.include({ subject: 'ada' });
    expect(await login()).to.have.property('outcome', 'unchanged');
    neighbour.exec('COMMIT');
    expect(await directory.findUser('ada')).to.equal(undefined);
  });

  it('stays out of a transaction that the host has open on the same handle', async () => {
    database.exec('BEGIN');
    const { result } = await waiting(login);
    database.exec('ROLLBACK');
    expect(await result).to.have.property('outcome', 'created');
    database.exec('BEGIN');
    database.exec(`UPDATE latchkey_users SET disabled = 1`);
    const read = await waiting(() => directory.findUser('ada'));
    database.exec('ROLLBACK');
    expect(await read.result).to.include({ disabled: false });
  });

  it('leaves the time limit of the host as it was, also after a failure', async () => {
    const limit = () => database.prepare('PRAGMA busy_timeout').all();
    await login();
    expect(limit()).to.deep.equal([{ timeout: 60_000 }]);
    expect(await refusal(directory.createUser({ subject: 'ada', authMethod: 'local' }))).to.equal('ERR_SUBJECT_TAKEN');
    expect(limit()).to.deep.equal([{ timeout: 60_000 }]);
  });

  it('gives up after its time with ERR_DIRECTORY_UNAVAILABLE, and has written nothing', async () => {
    neighbour.exec('BEGIN IMMEDIATE');
    const begin = () => {
      database.exec('PRAGMA busy_timeout = 0');
      database.exec('BEGIN IMMEDIATE');
    };
    const error: unknown = await withRetry(begin, 30).catch((reason: unknown) => reason);
    expect(error).to.include({ name: 'LatchkeyError', code: 'ERR_DIRECTORY_UNAVAILABLE' });
    expect(error).to.have.nested.property('cause.code', 'SQLITE_BUSY');
    neighbour.exec('ROLLBACK');
    expect(await directory.listUsers({ limit: 1 })).to.deep.equal([]);
  });
});
