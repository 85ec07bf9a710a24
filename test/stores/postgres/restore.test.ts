// The journal of the SQL directory after the database was restored from an older copy.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Journal, Position } from '../../../src/vocabulary/journal.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';

describe('the journal of a restored database', () => {
  let server: PostgresServer;
  let admin: pg.Pool;
  let pool: pg.Pool | undefined;

  before(async () => {
    server = await startPostgres();
    admin = server.pool({ max: 1 });
  });
  after(() => server.stop());
  beforeEach(async () => {
    await pool?.end();
    await admin.query('DROP DATABASE IF EXISTS live');
    await admin.query('DROP DATABASE IF EXISTS backup');
    await admin.query('CREATE DATABASE live');
    await migrate(open());
  });

  /** Connects to the current database. */
  function open(): pg.Pool {
    pool = server.pool({ database: 'live' });
    return pool;
  }
  const directory = () => sqlDirectory(pool ?? expect.fail());
  const journal = (): Journal => directory().journal ?? expect.fail();
  const place = ({ seq, nonce }: Position): Position => ({ seq, nonce });

  /** Copies a database. Ends the pool first, because Postgres copies only databases without connections. */
  async function copy(from: string, to: string): Promise<void> {
    await pool?.end();
    await admin.query(`DROP DATABASE IF EXISTS ${to}`);
    await admin.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    open();
  }
  async function joined(): Promise<{ readonly id: string; readonly position: Position; readonly database: string }> {
    const id = randomUUID();
    const { rows, database } = await journal().join(id, 3000, 1);
    return { id, database, position: place(rows.at(-1) ?? expect.fail()) };
  }
  const login = (groups: readonly string[]) => directory().provision({ subject: 'ada', groups }, 'active');

  it('refuses a position that is lost, and writes nothing', async () => {
    await login([]);
    const { id } = await joined();
    await copy('live', 'backup');
    const { position: lost = expect.fail() } = await login(['staff']);
    expect(await journal().beat(id, lost)).to.deep.equal([]);
    await copy('backup', 'live');
    const before = await journal().instances();
    expect(await journal().beat(id, lost)).to.equal(undefined);
    expect(await journal().instances()).to.deep.equal(before);
  });

  it('refuses a lost position even after another change has its number', async () => {
    await login([]);
    const { id } = await joined();
    await copy('live', 'backup');
    const { position: lost = expect.fail() } = await login(['staff']);
    await copy('backup', 'live');
    const { position: own = expect.fail() } = await login(['staff']);
    expect(own.seq).to.equal(lost.seq);
    await login(['others']);
    expect(await journal().beat(id, lost)).to.equal(undefined);
    expect(await journal().beat(id, own)).to.have.length(1);
  });

  it('continues from a position that is in the copy', async () => {
    await login([]);
    const { id, position } = await joined();
    await copy('live', 'backup');
    await login(['staff']);
    await copy('backup', 'live');
    expect(await journal().beat(id, position)).to.deep.equal([]);
    const { position: own } = await login(['others']);
    const rows = await journal().beat(id, position);
    expect(rows?.map(place)).to.deep.equal([own]);
  });

  it('does not know an instance that joined after the copy', async () => {
    await copy('live', 'backup');
    const { id, position } = await joined();
    await copy('backup', 'live');
    expect(await journal().instances()).to.deep.equal([]);
    expect(await journal().beat(id, position)).to.equal(undefined);
  });

  it('distinguishes a copy by its nonces, and another database also by its id', async () => {
    const { database, position } = await joined();
    await copy('live', 'backup');
    expect((await joined()).database).to.equal(database);
    await pool?.end();
    await admin.query('DROP DATABASE live');
    await admin.query('CREATE DATABASE live');
    await migrate(open());
    const elsewhere = await joined();
    expect(elsewhere.database).not.to.equal(database);
    expect(elsewhere.position.seq).to.equal(position.seq);
    expect(await journal().beat(elsewhere.id, position)).to.equal(undefined);
  });
});
