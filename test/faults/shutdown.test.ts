// A shutdown under load: every request that the server received gets its answer, and no change is lost.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../src/stores/migrate.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { freePort, type RunningProcess, startProcess, until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Closed, type ClosingSettings, closedMark } from './closing-report.js';

const program = new URL('./closing-server.js', import.meta.url).pathname;
const host = '127.0.0.1';

/** A server process, and its requests. */
interface Running {
  readonly port: number;
  readonly process: RunningProcess;
}

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookie: string | undefined;
}

/** What a client asks, and what it got. */
interface Asked {
  readonly id: string;
  readonly kind: string;
  reply?: Reply;
  error?: string;
}

describe('a shutdown under load', function () {
  this.timeout(180_000);
  let postgres: PostgresServer;
  let redis: RedisServer;
  let database: pg.Pool;
  const running: RunningProcess[] = [];

  before(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  after(async () => {
    await redis.stop();
    await postgres.stop();
  });
  beforeEach(async () => {
    database = await postgres.database();
    await migrate(database);
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop('SIGKILL');
  });

  async function start(): Promise<Running> {
    const port = await freePort();
    const { database: name = '' } = database.options;
    const settings: ClosingSettings = { port, postgres: { port: postgres.port, database: name }, redis: redis.port };
    const started = await startProcess({
      program: process.execPath,
      args: [program],
      environment: { LATCHKEY_CLOSING: JSON.stringify(settings) },
      answers: async () => (await fetch(`http://${host}:${port}/api/who`)).status === 401,
    });
    running.push(started);
    return { port, process: started };
  }

  /** Sends requests one after another on one kept-alive connection, and records each. */
  function client(port: number, kind: string, log: Asked[]) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return async (method: string, path: string, headers: Record<string, string>, json?: object): Promise<Reply> => {
      const asked: Asked = { id: `${kind}-${log.length}`, kind };
      log.push(asked);
      try {
        asked.reply = await new Promise<Reply>((resolve, reject) => {
          const sent = request({ host, port, agent, method, path }, (response) => {
            text(response).then((body) => {
              const cookie = response.headers['set-cookie']?.[0]?.split(';')[0];
              resolve({
                status: response.statusCode ?? 0,
                body: body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : { text: body },
                cookie,
              });
            }, reject);
          });
          for (const [name, value] of Object.entries({ ...headers, 'x-id': asked.id })) sent.setHeader(name, value);
          sent.on('error', reject);
          if (json !== undefined) sent.setHeader('content-type', 'application/json');
          sent.end(json === undefined ? undefined : JSON.stringify(json));
        });
        return asked.reply;
      } catch (error) {
        asked.error = (error as NodeJS.ErrnoException).code ?? String(error);
        throw error;
      }
    };
  }

  const login = (subject: string) => ({ 'remote-user': subject, 'remote-groups': 'staff' });
  const own = { 'sec-fetch-site': 'same-origin' };

  /** Pairs a device and returns its token. */
  async function pair(send: ReturnType<typeof client>, subject: string): Promise<Reply> {
    const opened = await send('POST', '/auth/pairings', { ...login(subject), ...own }, {});
    if (opened.status !== 201) throw new Error(`No pairing: ${JSON.stringify(opened)}`);
    return send(
      'POST',
      '/api/auth/token',
      {},
      {
        grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
        client_id: 'test',
        device_name: 'Phone',
        code: opened.body['code'],
      },
    );
  }

  /** One client of each kind. Each repeats its action until the server is gone. */
  const actions: Readonly<
    Record<string, (send: ReturnType<typeof client>, name: string) => Promise<() => Promise<void>>>
  > = {
    header: async (send, name) => async () => {
      expect((await send('GET', '/who', login(name))).status).to.equal(200);
    },
    session: async (send, name) => {
      let cookie = (await send('GET', '/who', login(name))).cookie ?? '';
      expect(cookie).to.not.equal('');
      return async () => {
        const reply = await send('GET', '/who', { ...login(name), cookie });
        cookie = reply.cookie ?? cookie;
      };
    },
    token: async (send, name) => {
      const token = String((await pair(send, name)).body['access_token']);
      return async () => {
        const reply = await send('GET', '/api/who', { authorization: `Bearer ${token}` });
        if (reply.status === 200) expect(reply.body['method']).to.equal('token');
      };
    },
    redemption: async (send, name) => async () => {
      await pair(send, name);
    },
    change: async (send, name) => {
      await send('GET', '/who', login(name));
      let count = 0;
      return async () => {
        count += 1;
        await send('POST', `/grant/${name}/role-${count}`, { ...login(name), ...own });
      };
    },
    stream: async (send, name) => async () => {
      const opened = await send('POST', '/auth/pairings', { ...login(name), ...own }, {});
      await send('GET', `/auth/pairings/${opened.body['id']}/events`, login(name));
    },
  };
  const right: Readonly<Record<string, readonly number[]>> = {
    header: [200],
    session: [200],
    token: [200, 201],
    redemption: [200, 201],
    change: [200],
    // After the shutdown has begun, new streams are refused: the page asks another instance.
    stream: [200, 201, 503],
  };

  for (const clients of [20, 200]) {
    it(`answers every request that it received from ${clients} clients, and leaves nothing behind`, async () => {
      const one = await start();
      const other = await start();
      const log: Asked[] = [];
      const kinds = Object.keys(actions);
      const loops = Array.from({ length: clients }, async (_, index) => {
        const kind = kinds[index % kinds.length] ?? '';
        const send = client(one.port, kind, log);
        const act = await actions[kind]?.(send, `${kind}.${index}`);
        // Ends when the server no longer accepts connections.
        for (;;) {
          try {
            await act?.();
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code === undefined) throw error;
            return;
          }
        }
      });
      const failed = Promise.all(loops);
      const answered = (kind: string): number => log.filter((each) => each.kind === kind && each.reply).length;
      await Promise.race([
        failed,
        until(
          'all clients are at work',
          () =>
            kinds.every((kind) => answered(kind) >= (kind === 'stream' ? 1 : 4) * Math.floor(clients / kinds.length)),
          120,
        ),
      ]);
      one.process.signal('SIGTERM');
      await failed;
      await until('the process has ended', () => !one.process.running, 60);

      expect(one.process.exitCode).to.equal(0);
      const line = one.process
        .output()
        .split('\n')
        .find((each) => each.startsWith(closedMark));
      const closed = JSON.parse(line?.slice(closedMark.length) ?? 'null') as Closed;
      expect(closed.complaints).to.deep.equal([]);

      const received = new Set(closed.received);
      const lost = log.filter(({ id, reply }) => received.has(id) && reply === undefined);
      expect(lost).to.deep.equal([]);
      const wrong = log.filter(({ kind, reply }) => reply && !right[kind]?.includes(reply.status));
      expect(wrong).to.deep.equal([]);

      // Every change that returned is in the database, and every token that was used has its date.
      const granted = await database.query<{ subject: string; granted_roles: string[] }>(
        `SELECT subject, granted_roles FROM latchkey_users WHERE subject LIKE 'change.%'`,
      );
      const roles = granted.rows.reduce((sum, row) => sum + row.granted_roles.length, 0);
      const grants = log.filter(({ kind, reply }) => kind === 'change' && reply?.body['granted'] === true);
      expect(roles).to.be.at.least(grants.length);
      const devices = await database.query<{ id: string; used: boolean; subject: string }>(
        `SELECT d.id, d.last_used_at IS NOT NULL AS used, u.subject FROM latchkey_devices d
        JOIN latchkey_users u ON u.id = d.user_id WHERE d.revoked_at IS NULL`,
      );
      const stored = new Set(devices.rows.map(({ id }) => id));
      const redeemed = log.flatMap(({ reply }) => (reply?.body['device_id'] ? [String(reply.body['device_id'])] : []));
      expect(redeemed.filter((id) => !stored.has(id))).to.deep.equal([]);
      const dated = devices.rows.filter(({ used }) => used).map(({ subject }) => subject);
      const usedBy = log.flatMap(({ reply }) => (reply?.body['method'] === 'token' ? [reply.body['subject']] : []));
      expect(usedBy).to.not.deep.equal([]);
      expect(dated.sort()).to.deep.equal([...new Set(usedBy)].sort());

      // No change waits for the process that has ended.
      const instances = await database.query('SELECT id FROM latchkey_instances');
      expect(instances.rows).to.have.length(1);
      const send = client(other.port, 'after', []);
      expect((await send('POST', '/grant/change.4/late', { ...login('change.4'), ...own })).body).to.deep.equal({
        granted: true,
      });
    });
  }
});
