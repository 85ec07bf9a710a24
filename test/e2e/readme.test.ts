// test/e2e: README's app behind the nginx of docs/proxies.md, while Postgres and Redis restart and hang.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Nginx, startNginx } from '../support/nginx.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { nginxForAuthelia } from './proxies/documented.js';
import { type LoginServer, startLoginServer } from './proxies/login-server.js';
import { type ReadmeApp, startReadmeApp } from './readme-app.js';

const secrets = {
  PROXY_SECRET: 'proxy-secret-of-the-readme-tests',
  TOKEN_SECRET: 'token-secret-of-the-readme-tests',
  SESSION_SECRET: 'session-secret-of-the-readme-tests',
};

const sessionId = 'a-session-of-the-readme-tests';

// The sum of README's time limits, with a margin for a busy computer. nginx gives up after 60 seconds.
const patienceMilliseconds = 40_000;

interface Answer {
  readonly what: string;
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describe('the app of README', function () {
  this.timeout(240_000);
  let postgres: PostgresServer;
  let redis: RedisServer;
  let redisWire: TcpProxy;
  let login: LoginServer;
  let app: ReadmeApp;
  let nginx: Nginx;
  let token: string;

  before(async () => {
    [postgres, redis, login] = await Promise.all([
      startPostgres(),
      startRedis(),
      startLoginServer('authelia-auth-request'),
    ]);
    redisWire = await startTcpProxy(redis);
    const database = String((await postgres.database()).options.database);
    app = await startReadmeApp({
      ...secrets,
      DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/${database}`,
      REDIS_URL: `redis://127.0.0.1:${redisWire.port}`,
    });
    nginx = await startNginx((listen) =>
      nginxForAuthelia({
        listen,
        app: `127.0.0.1:${app.port}`,
        login: `127.0.0.1:${login.port}`,
        secret: secrets.PROXY_SECRET,
      }),
    );
    const { code } = (await ask('POST', '/auth/pairings', browser, {})).body;
    const redeemed = await ask(
      'POST',
      '/api/auth/token',
      {},
      {
        grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
        client_id: 'app',
        device_name: 'Pixel',
        code,
      },
    );
    token = String(redeemed.body['access_token']);
  });
  after(async () => {
    await app?.process.stop();
    await nginx?.stop();
    await login?.stop();
    await redisWire?.stop();
    await redis?.stop();
    await postgres?.stop();
  });

  const browser = { cookie: 'login=alice' };
  // A session cookie, so that the app has to ask Redis.
  const inSession = (() => {
    const signature = createHmac('sha256', secrets.SESSION_SECRET)
      .update(sessionId)
      .digest('base64')
      .replace(/=+$/, '');
    return { cookie: `login=alice; connect.sid=${encodeURIComponent(`s:${sessionId}.${signature}`)}` };
  })();

  async function ask(method: string, path: string, headers: Record<string, string>, json?: object): Promise<Answer> {
    const response = await fetch(nginx.url + path, {
      method,
      headers: {
        ...headers,
        'sec-fetch-site': 'same-origin',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(patienceMilliseconds),
    });
    const content = await response.text();
    const body = (content.startsWith('{') ? JSON.parse(content) : { content }) as Record<string, unknown>;
    return { what: `${method} ${path}`, status: response.status, body };
  }

  /** Requests of a browser without a session, one with a session, and an app. They need memory, SQL and Redis. */
  function round(): Promise<Answer[]> {
    return Promise.all([
      ask('GET', '/auth/me', browser),
      ask('GET', '/auth/me', inSession),
      ask('GET', '/auth/me', { cookie: 'login=bob' }),
      ask('GET', '/auth/devices', browser),
      ask('GET', '/api/library', { authorization: `Bearer ${token}` }),
    ]);
  }

  function expectNoFailure(answers: readonly Answer[]): void {
    for (const { what, status, body } of answers) {
      expect(status, `${what}: ${JSON.stringify(body)}`).to.be.oneOf([200, 503]);
    }
    expect(app.process.running, app.process.output()).to.equal(true);
  }

  async function expectRecovery(): Promise<void> {
    await until('all requests succeed again', async () => (await round()).every(({ status }) => status === 200), 60);
    expect(app.process.running, app.process.output()).to.equal(true);
  }

  async function during(work: () => Promise<void>): Promise<void> {
    let busy = true;
    const worked = work().finally(() => {
      busy = false;
    });
    while (busy) expectNoFailure(await round());
    await worked;
  }

  it('works', async () => {
    const answers = await round();
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200, 200]);
    expect(answers[4]?.body).to.deep.equal({ owner: 'alice' });
  });

  it('survives a restart of Postgres', async () => {
    await during(() => postgres.restart());
    await expectRecovery();
  });

  it('answers while Postgres hangs, and recovers', async () => {
    await postgres.freeze();
    try {
      for (let each = 0; each < 2; each += 1) expectNoFailure(await round());
    } finally {
      await postgres.thaw();
    }
    await expectRecovery();
  });

  it('survives a restart of Redis', async () => {
    await during(async () => {
      await redis.kill();
      await redis.restart();
    });
    await expectRecovery();
  });

  it('answers while Redis hangs, and recovers', async () => {
    redis.freeze();
    try {
      for (let each = 0; each < 2; each += 1) expectNoFailure(await round());
    } finally {
      redis.thaw();
    }
    await expectRecovery();
  });

  it('recovers when its connections to Redis are half-open', async () => {
    redisWire.abandon();
    await expectRecovery();
  });

  it('keeps the connection of the proxy when a session cannot be saved after the answer', async () => {
    const operator = redis.client();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await operator.set(`sess:${sessionId}`, JSON.stringify({ cookie: { originalMaxAge: null } }));
    // express-session can read the session, but cannot extend its lifetime at the end of the answer.
    await operator.call('ACL', 'SETUSER', 'default', '-expire');
    try {
      const reused: boolean[] = [];
      for (let request = 0; request < 3; request += 1) {
        const headers = { authorization: `Bearer ${token}`, cookie: inSession.cookie };
        const sent = get({ port: app.port, path: '/api/library', agent, headers });
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        expect(await text(response)).to.equal('{"owner":"alice"}');
        reused.push(sent.reusedSocket);
      }
      expect(reused).to.deep.equal([false, true, true]);
    } finally {
      await operator.call('ACL', 'SETUSER', 'default', '+expire');
      agent.destroy();
    }
  });

  it('logs which service was unavailable', () => {
    expect(app.process.output())
      .to.match(/PostgreSQL/)
      .and.to.match(/"type":"error"/);
  });
});
