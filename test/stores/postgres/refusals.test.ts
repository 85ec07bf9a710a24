// Responses and error events when the database refuses statements or is unavailable.

import { createServer } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import type pg from 'pg';
import { type LatchkeyEvent, latchkey, memoryState, migrate, type SqlPool, sqlDirectory } from '../../../src/index.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { listening } from '../../frameworks/rig.js';
import { send } from '../../http/client.js';
import { pglite, startPglite } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';

type ErrorEvent = Extract<LatchkeyEvent, { readonly type: 'error' }>;

describe('a failing database', () => {
  let server: PostgresServer;
  let admin: pg.Pool;
  let database: string;
  before(async function () {
    await startPglite.call(this);
    server = await startPostgres();
    admin = await server.database();
    database = String(admin.options.database);
    await migrate(admin);
    await admin.query('CREATE ROLE powerless LOGIN');
    await admin.query('CREATE ROLE crowded LOGIN CONNECTION LIMIT 0');
    await admin.query('GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO crowded');
  });
  after(() => server.stop());

  /** Sends requests of several users who are in no cache. Returns the last response and all error events. */
  async function told(pool: SqlPool): Promise<{ answer: Awaited<ReturnType<typeof send>>; errors: ErrorEvent[] }> {
    const errors: ErrorEvent[] = [];
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: sqlDirectory(pool),
      state: memoryState(),
      session: 'none',
      onEvent: (event) => void (event.type === 'error' && errors.push(event)),
    });
    const app = express();
    app.use(auth.authenticate, auth.problems);
    const http = createServer(app);
    const port = await listening(http);
    try {
      for (const user of ['secret-ada', 'secret-bob', 'secret-eve']) await send(port, '/', { user });
      return { answer: await send(port, '/', { user: 'secret-zoe' }), errors };
    } finally {
      http.closeAllConnections();
      http.close();
      await auth.close();
    }
  }

  const failing = (error: object): SqlPool => ({
    query: () => Promise.reject(Object.assign(new Error('said by the server'), error)),
    transaction: () => Promise.reject(Object.assign(new Error('said by the server'), error)),
  });

  const cases: readonly {
    readonly title: string;
    readonly pool: () => Promise<SqlPool> | SqlPool;
    readonly code: string;
    readonly reason: string | undefined;
    readonly cause: RegExp;
    readonly retries: boolean;
  }[] = [
    {
      title: 'denies permission',
      pool: () => server.pool({ database, user: 'powerless' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '42501',
      cause: /permission denied for table latchkey_/,
      retries: false,
    },
    {
      title: 'has no tables',
      pool: () => server.database(),
      code: 'ERR_DIRECTORY_SCHEMA',
      reason: '42P01',
      cause: /relation "latchkey_\w+" does not exist/,
      retries: false,
    },
    {
      title: 'is read-only',
      pool: () => server.pool({ database, options: '-c default_transaction_read_only=on' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '25006',
      cause: /read-only transaction/,
      retries: false,
    },
    {
      title: 'does not know the role',
      pool: () => server.pool({ database, user: 'nobody_at_all' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '28000',
      cause: /role "nobody_at_all" does not exist/,
      retries: false,
    },
    {
      title: 'does not exist',
      pool: () => server.pool({ database: 'no_such_database' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '3D000',
      cause: /database "no_such_database" does not exist/,
      retries: false,
    },
    {
      title: 'accepts no connections',
      pool: async () => {
        const closed = await server.database();
        const name = String(closed.options.database);
        await closed.end();
        await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
        return server.pool({ database: name });
      },
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '55000',
      cause: /not currently accepting connections/,
      retries: false,
    },
    {
      title: 'rejects the statement',
      pool: () => failing({ code: '42809' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '42809',
      cause: /^said by the server$/,
      retries: false,
    },
    {
      title: 'is out of connections',
      pool: () => server.pool({ database, user: 'crowded' }),
      code: 'ERR_DIRECTORY_UNAVAILABLE',
      reason: '53300',
      cause: /too many connections/,
      retries: true,
    },
    {
      title: 'has a full disk',
      pool: () => failing({ code: '53100', detail: 'Key (subject)=(secret-ada)', params: ['secret-ada'] }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: '53100',
      cause: /^said by the server$/,
      retries: false,
    },
    {
      title: 'has an untrusted certificate',
      pool: () => failing({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      code: 'ERR_DIRECTORY_REFUSED',
      reason: 'SELF_SIGNED_CERT_IN_CHAIN',
      cause: /^said by the server$/,
      retries: false,
    },
    {
      title: 'is down',
      pool: () => server.pool({ port: 1 }),
      code: 'ERR_DIRECTORY_UNAVAILABLE',
      reason: 'ECONNREFUSED',
      cause: /connect ECONNREFUSED 127\.0\.0\.1:1/,
      retries: true,
    },
  ];

  for (const { title, pool, code, reason, cause, retries } of cases) {
    it(`that ${title} is reported once, with code, reason and cause`, async () => {
      const { answer, errors } = await told(await pool());
      expect([answer.status, answer.json?.['code']]).to.deep.equal([503, code]);
      expect(answer.headers['retry-after']).to.equal(retries ? '2' : undefined);
      expect(answer.text).to.not.match(/latchkey_|permission|said by/);
      expect(errors.map((event) => [event.code, event.reason])).to.deep.equal([[code, reason]]);
      expect(errors[0]?.cause).to.match(cause);
      expect(JSON.stringify(errors)).to.not.contain('secret-');
    });
  }

  it('rejects with a cause that contains no parameters, with each driver', async () => {
    const overlong = 'x'.repeat(600);
    for (const pool of [await pglite(), admin]) {
      const created = sqlDirectory(pool).createUser({ subject: overlong, authMethod: 'local' });
      const error = await created.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(LatchkeyError).with.property('code', 'ERR_DIRECTORY_VALUE');
      const { cause } = error as { cause: Error & { code?: string } };
      expect(cause.code).to.equal('23514');
      expect(Object.keys(cause)).to.deep.equal(['code']);
      expect(JSON.stringify([cause, cause.message, cause.stack])).to.not.contain(overlong);
    }
  });
});
