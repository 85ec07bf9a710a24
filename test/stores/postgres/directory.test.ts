// The SQL directory on PGlite and on a real Postgres server: the contract, isolation and locales.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { directoryContract } from '../../contracts/index.js';
import { emptyTables, pglite, startPglite } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { freePort } from '../../support/processes.js';

const runner = { describe, it, before, after, beforeEach };

describe('sqlDirectory on PGlite', () => {
  before(startPglite);

  directoryContract('sqlDirectory', { open: async () => sqlDirectory(await pglite()) }, runner);
});

describe('sqlDirectory on Postgres', () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  before(async () => {
    server = await startPostgres();
    pool = await server.database({ max: 40 });
    await migrate(pool);
  });
  after(() => server.stop());

  async function open(): Promise<Directory> {
    await emptyTables(pool);
    return sqlDirectory(pool);
  }
  const openUnreachable = async () => sqlDirectory(server.pool({ port: await freePort() }));
  directoryContract('sqlDirectory', { open, openUnreachable }, runner);

  it('loses and refuses nothing if the host has made transactions serializable', async () => {
    const directory = await open();
    const strict = sqlDirectory(
      server.pool({
        database: pool.options.database,
        max: 20,
        options: '-c default_transaction_isolation=serializable',
      }),
    );
    const assertion = { subject: 'ada', groups: ['staff'] };
    const results = await Promise.all(Array.from({ length: 20 }, () => strict.provision(assertion, 'active')));
    expect(results.filter((result) => result.outcome === 'created')).to.have.length(1);

    const indices = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(indices.map((index) => strict.updateUser('ada', { addRoles: [`role-${index}`] })));
    expect((await directory.findUser('ada'))?.grantedRoles).to.have.length(20);

    await Promise.all(indices.map((index) => strict.putMapping({ group: `group-${index}`, roles: ['reader'] })));
    expect(await directory.mapping()).to.have.property('generation', 20);

    const { id: userId } = (await directory.findUser('ada')) ?? expect.fail();
    const about = { userId, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    const dates = { createdAt: new Date(0), expiresAt: new Date(1000) };
    const pairings = await Promise.allSettled(
      indices.map(() => strict.createDevice({ id: randomUUID(), ...about, ...dates }, 5)),
    );
    expect(pairings.filter(({ status }) => status === 'fulfilled')).to.have.length(5);
    const [device] = await directory.listDevices(userId, new Date(0));
    const versions = indices.map(() => strict.renameDevice(userId, device?.id ?? '', 'Tablet', { version: 1 }));
    expect((await Promise.allSettled(versions)).filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    const renewals = indices.map((at) => strict.renewDevice(device?.id ?? '', 1, new Date(at), new Date(2000)));
    expect(new Set((await Promise.all(renewals)).map((row) => row?.renewedAt?.getTime())).size).to.equal(1);
  });

  it('keeps one administrator if the host has made transactions serializable', async () => {
    const directory = await open();
    const options = '-c default_transaction_isolation=serializable';
    const strict = sqlDirectory(server.pool({ database: pool.options.database, max: 20, options }));
    const subjects = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    for (const subject of subjects) {
      await directory.createUser({ subject, authMethod: 'local', grantedRoles: ['admin'] });
    }
    const keeping = { role: 'admin', groups: [] };
    await Promise.allSettled(subjects.map((subject) => strict.updateUser(subject, { disabled: true }, { keeping })));
    expect(await directory.listUsers({ disabled: false, limit: 100 })).to.have.length(1);
  });

  it('finds text case-insensitively, according to the locale of the database', async () => {
    const directory = await open();
    await directory.provision({ subject: 'Émile', displayName: 'Ωμέγα' }, 'active');
    for (const search of ['émile', 'ÉMILE', 'ωμ', 'ΩΜΈΓ']) {
      expect(await directory.listUsers({ search, limit: 1 }), search).to.have.length(1);
    }
  });

  for (const [locale, create] of [
    ['Turkish', `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'`],
    ['no', `LOCALE_PROVIDER libc LOCALE 'C'`],
  ] as const) {
    it(`finds exact text, and A to Z case-insensitively, in a database with ${locale} locale`, async () => {
      const name = `locale_${locale.toLowerCase()}`;
      await pool.query(`CREATE DATABASE ${name} TEMPLATE template0 ${create}`);
      const elsewhere = server.pool({ database: name });
      await migrate(elsewhere);
      const directory = sqlDirectory(elsewhere);
      await directory.provision({ subject: 'Émile', displayName: 'ADMIN of İzmir' }, 'active');
      for (const search of ['Émile', 'MILE', 'ADMIN', 'admin', 'İzmir']) {
        expect(await directory.listUsers({ search, limit: 1 }), search).to.have.length(1);
      }
    });
  }

  it('reads times if the host’s driver returns timestamps as text', async () => {
    await open();
    const getTypeParser = ((oid: number) => (oid === 1184 ? String : pg.types.getTypeParser(oid))) as never;
    const asText = server.pool({ database: pool.options.database, types: { getTypeParser } });
    const directory = sqlDirectory(asText);
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const { rows } = await asText.query('SELECT created_at FROM latchkey_users');
    expect(rows[0].created_at).to.be.a('string');
    expect(await sqlDirectory(pool).findUserById(user.id)).to.deep.equal(user);
  });
});
