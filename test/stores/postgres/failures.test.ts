// The SQL directory when the database, its tables or the network fail, and the constraints of its tables.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { authMethods, pairedByWords } from '../../../src/vocabulary/words.js';
import { emptyTables, pglite, startPglite } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { until } from '../../support/processes.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

async function failure(promise: Promise<unknown>): Promise<LatchkeyError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(LatchkeyError);
  return error as LatchkeyError;
}

describe('sqlDirectory, after failures', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let proxy: TcpProxy;

  before(async () => {
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    proxy = await startTcpProxy(server);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(() => emptyTables(pool));

  it('says to run migrate if the tables are missing', async () => {
    const directory = sqlDirectory(await server.database());
    const error = await failure(directory.findUser('ada'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA', status: 503 });
    expect(error.message).to.contain('run migrate(pool)');
    expect(await failure(directory.putMapping({ group: 'staff', roles: ['reader'] }))).to.include({
      code: 'ERR_DIRECTORY_SCHEMA',
    });
  });

  it('rejects with ERR_DIRECTORY_SCHEMA if the generation’s row or a column is missing', async () => {
    const broken = await server.database();
    await migrate(broken);
    const { subject } = await sqlDirectory(broken).createUser({
      subject: 'ada',
      authMethod: 'local',
      grantedRoles: ['admin'],
    });
    await broken.query('DELETE FROM latchkey_mapping_generation');
    // Without the lock on this row, two such changes at once could each rely on the other's administrator.
    const guarded = { keeping: { role: 'admin', groups: [] } };
    for (const change of [
      sqlDirectory(broken).updateUser(subject, { disabled: true }, guarded),
      sqlDirectory(broken).deleteUser(subject, guarded),
    ]) {
      expect(await failure(change)).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    }
    expect(await sqlDirectory(broken).findUser(subject)).to.deep.include({ version: 1, grantedRoles: ['admin'] });
    const lost = await failure(sqlDirectory(broken).mapping());
    expect(lost).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(lost.message).to.contain('latchkey_mapping_generation');
    await broken.query('ALTER TABLE latchkey_users DROP COLUMN pending');
    expect(await failure(sqlDirectory(broken).findUser('ada'))).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
  });

  it('makes no change without its journal row, and says how to repair the journal', async () => {
    const broken = await server.database();
    await migrate(broken);
    const directory = sqlDirectory(broken);
    const { id } = await directory.createUser({ subject: 'ada', authMethod: 'proxy' });
    const device = { id: randomUUID(), userId: id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    await directory.createDevice({ ...device, createdAt: new Date(0), expiresAt: new Date(1) });
    await directory.renewDevice(device.id, 1, new Date(0), new Date(1));
    const { rows: contents } = await broken.query('SELECT * FROM latchkey_users, latchkey_devices');
    const changes = [
      () => directory.provision({ subject: 'ada', groups: ['staff'] }, 'never'),
      () => directory.updateUser('ada', { disabled: true }),
      () => directory.deleteUser('ada'),
      () => directory.renameDevice(id, device.id, 'Tablet'),
      () => directory.confirmRenewal(device.id, 2, new Date(1)),
      () => directory.revokeDevices(id, 'all', new Date(0)),
      () => directory.putMapping({ group: 'staff', roles: ['reader'] }),
      () => directory.journal?.note(['a']) ?? expect.fail(),
      () => directory.journal?.join('a', 3000, 1) ?? expect.fail(),
    ];
    const reads = [
      () => directory.provision({ subject: 'ada' }, 'never'),
      () => directory.provision({ subject: 'grace' }, 'active'),
      () => directory.findUser('ada'),
      () => directory.findDevice(device.id),
      () => directory.mapping(),
    ];
    // The head is missing. Later it is older than the journal, as after the restore of one table.
    await broken.query('DELETE FROM latchkey_journal_head');
    for (const call of [...changes, ...reads]) {
      const error = await failure(call());
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('latchkey_journal_head').and.contain('invalidateAll()');
    }
    await broken.query(`INSERT INTO latchkey_journal_head (database, seq, nonce) VALUES ('x', -1, 'y')`);
    for (const change of changes) {
      const error = await failure(change());
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('latchkey_journal_head').and.contain('invalidateAll()');
    }
    expect(
      (await broken.query(`SELECT * FROM latchkey_users, latchkey_devices WHERE subject = 'ada'`)).rows,
    ).to.deep.equal(contents);
  });

  it('rejects with the cause while connections break, and works again afterwards', async () => {
    const directory = sqlDirectory(
      server.pool({ host: proxy.host, port: proxy.port, database: pool.options.database }),
    );
    await directory.createUser({ subject: 'ada', authMethod: 'local' });
    proxy.cut();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error = await failure(directory.findUser('ada'));
      expect(error).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503, retryAfterSeconds: 2 });
      expect(error.cause).to.be.instanceOf(Error);
    }
    proxy.heal();
    expect(await directory.findUser('ada')).to.include({ subject: 'ada' });
  });

  it('rejects when the database does not respond within the timeouts of the pool', async () => {
    const address = { host: proxy.host, port: proxy.port, database: pool.options.database };
    const directory = sqlDirectory(server.pool({ ...address, query_timeout: 500, connectionTimeoutMillis: 500 }));
    await directory.findUser('ada');
    proxy.stall();
    expect(await failure(directory.findUser('ada'))).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    const edit = directory.putMapping({ group: 'staff', roles: ['reader'] });
    expect(await failure(edit)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    proxy.heal();
    expect(await directory.findUser('ada')).to.equal(undefined);
  });

  it('survives the end of a connection during a transaction, and leaves no partial change', async () => {
    const directory = sqlDirectory(pool);
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT FROM latchkey_mapping_generation FOR UPDATE');
    const edit = failure(directory.putMapping({ group: 'staff', roles: ['reader'] }));
    await until('the edit waits', async () => {
      const { rows } = await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    expect(await edit).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await directory.mapping()).to.deep.include({ generation: 0, groupRoles: [] });
    expect(await directory.putMapping({ group: 'staff', roles: ['reader'] })).to.include({ generation: 1 });
  });

  it('releases every connection, after a commit and after a rollback', async () => {
    const single = server.pool({ database: pool.options.database, max: 1 });
    const directory = sqlDirectory(single);
    for (let round = 0; round < 3; round += 1) {
      await directory.putMapping({ group: 'staff', roles: [`role-${round}`] });
      await failure(directory.putMapping({ group: 'staff', roles: [] }));
    }
    expect(await directory.mapping()).to.include({ generation: 3 });
    expect([single.totalCount, single.idleCount]).to.deep.equal([1, 1]);
  });

  it('lets the pool destroy a connection on which ROLLBACK fails', async () => {
    const released: unknown[] = [];
    const connection = {
      query: (text: string) =>
        text.startsWith('BEGIN') ? Promise.resolve({ rows: [] }) : Promise.reject(new Error('timeout')),
      on: () => {},
      off: () => {},
      release: (destroy?: boolean) => released.push(destroy),
    };
    const broken = { query: () => expect.fail(), connect: async () => connection };
    const edit = sqlDirectory(broken).deleteMapping('staff');
    expect(await failure(edit)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    expect(released).to.deep.equal([true]);
  });

  it('rejects after the host has ended its pool', async () => {
    const ended = server.pool();
    await ended.end();
    expect(await failure(sqlDirectory(ended).findUser('ada'))).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    const edit = sqlDirectory(ended).deleteMapping('staff');
    expect(await failure(edit)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  });

  it('rejects if a row stays invisible', async () => {
    const blind = { query: async () => ({ rows: [] }), transaction: () => expect.fail() };
    const error = await failure(sqlDirectory(blind).provision({ subject: 'ada' }, 'active'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  });

  it('retries only if the server has rolled back', async () => {
    for (const [code, asked] of [
      ['40001', 2],
      ['40P01', 2],
      ['57014', 1],
      ['ECONNRESET', 1],
    ] as const) {
      let count = 0;
      const query = async (text: string) => {
        // The retry runs in a transaction, which begins with its settings.
        if (text.startsWith('SET')) {
          return { rows: [] };
        }
        count += 1;
        if (count === 1) {
          throw Object.assign(new Error('failed'), { code });
        }
        return { rows: [] };
      };
      await sqlDirectory({ query, transaction: (work) => work({ query }) })
        .findUser('ada')
        .catch(() => {});
      expect(count, code).to.equal(asked);
    }
  });
});

describe('the tables of the SQL directory', () => {
  before(startPglite);

  const user = 'INSERT INTO latchkey_users (id, subject, auth_method) SELECT gen_random_uuid()';
  const device = 'INSERT INTO latchkey_devices SELECT gen_random_uuid()';
  const refusals: readonly (readonly [string, string])[] = [
    ['a user without subject', `${user}, '', 'proxy'`],
    ['a subject of 513 characters', `${user}, repeat('x', 513), 'proxy'`],
    ['an unknown authMethod', `${user}, 'eve', 'magic'`],
    ['a second row of a subject', `${user}, 'ada', 'proxy'`],
    ['NULL among roles', `UPDATE latchkey_users SET granted_roles = '{NULL}'`],
    ['a mapping that gives nothing', `INSERT INTO latchkey_group_roles VALUES ('staff', '{}')`],
    ['a second generation', 'INSERT INTO latchkey_mapping_generation VALUES (true, 1)'],
    ['a second generation of another kind', 'INSERT INTO latchkey_mapping_generation VALUES (false, 1)'],
    ['a device of nobody', `${device}, gen_random_uuid(), 'x', 'x', 'qr', now(), now()`],
    ['a device without name', `${device}, id, '', 'x', 'qr', now(), now() FROM latchkey_users`],
    ['an app version of nothing', `UPDATE latchkey_devices SET app_version = ''`],
    ['a platform of 65 characters', `UPDATE latchkey_devices SET platform = repeat('x', 65)`],
    ['an address of 65 characters', `UPDATE latchkey_devices SET last_address = repeat('x', 65)`],
    ['a token of number 0', 'UPDATE latchkey_devices SET serial = 0'],
    ['a device paired by magic', `${device}, id, 'x', 'x', 'magic', now(), now() FROM latchkey_users`],
  ];
  for (const [what, statement] of refusals) {
    it(`refuse ${what}`, async () => {
      const database = await pglite();
      const { id } = await sqlDirectory(database).createUser({ subject: 'ada', authMethod: 'local' });
      const about = { id, userId: id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
      await sqlDirectory(database).createDevice({ ...about, createdAt: new Date(0), expiresAt: new Date(1) });
      const error = await database.query(statement).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code').that.matches(/^23/);
    });
  }

  const lists: readonly (readonly [constraint: string, words: readonly string[]])[] = [
    ['latchkey_users_auth_method', authMethods],
    ['latchkey_devices_paired_by', pairedByWords],
  ];
  for (const [constraint, words] of lists) {
    it(`accept exactly the words from the source code in ${constraint}`, async () => {
      const select = 'SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = $1';
      const { rows } = await (await pglite()).query<{ text: string }>(select, [constraint]);
      const quoted = [...(rows[0]?.text ?? '').matchAll(/'([^']*)'/g)].map(([, word]) => word);
      expect(quoted).to.have.members([...words]);
    });
  }

  it('make the directory refuse values beyond their limits', async () => {
    const directory = sqlDirectory(await pglite());
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const about = { id: user.id, userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    const device = { ...about, createdAt: new Date(0), expiresAt: new Date(1) };
    for (const name of ['name', 'clientId', 'appVersion', 'platform', 'lastAddress']) {
      for (const maximum of [undefined, 5]) {
        const error = await failure(directory.createDevice({ ...device, [name]: 'x'.repeat(65) }, maximum));
        expect(error).to.include({ code: 'ERR_DIRECTORY_VALUE', status: 400 });
        expect(error.message).not.to.contain('xxx');
      }
      await directory.createDevice({ ...device, id: randomUUID(), [name]: '📱'.repeat(64) });
    }
  });
});
