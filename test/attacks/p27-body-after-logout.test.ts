// P27: the body of a request arrives after the logout.

import { expect } from 'chai';
import { RedisStore } from 'connect-redis';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { type Host, type HostOptions, startHost } from '../http/harness.js';
import { holdBody } from '../http/held-body.js';
import { openStream } from '../http/stream.js';
import { type RedisServer, startRedis } from '../support/redis.js';

describe('P27: the server after a logout', () => {
  let redis: RedisServer;
  let hosts: Host[] = [];
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts = [];
  });

  async function start(options: HostOptions = {}): Promise<Host> {
    const host = await startHost({
      ...options,
      services: { session: 'login-only', verificationUri: 'https://music.example.com/auth/activate' },
      routes(app, auth) {
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        });
      },
    });
    hosts.push(host);
    return host;
  }

  const logIn = async (host: Host) => (await host.ask('/auth/login', { user: 'alice', groups: 'admins' })).cookie ?? '';

  const writes = ['pairings', 'approve', 'deny', 'verification', 'devices', 'admin'] as const;
  for (const what of writes) {
    it(`refuses a late body as not logged in (${what})`, async () => {
      const host = await start();
      const cookie = await logIn(host);
      const device = await host.pair('alice');
      const opened = (await host.write('POST', '/auth/pairings', { cookie })).json;
      const requests = {
        pairings: ['POST', 'pairings', {}],
        approve: ['POST', `pairings/${opened?.['id']}/approve`, { match_number: '12' }],
        deny: ['POST', `pairings/${opened?.['id']}/deny`, {}],
        verification: ['POST', 'device/verification', { action: 'lookup', user_code: 'WDJB-MJHT' }],
        devices: ['PATCH', `devices/${device.id}`, { name: 'Mine' }],
        admin: ['POST', 'admin/users', { subject: 'eve', auth_method: 'local' }],
      } as const;
      const [method, path, json] = requests[what];
      const release = await holdBody(host, method, `/auth/${path}`, { Cookie: cookie }, json);
      await host.write('POST', '/auth/logout', { cookie });
      const { status, json: answer } = await release();
      expect(answer).to.include({ code: 'ERR_LOGIN_REQUIRED' });
      expect(status).to.equal(401);
      expect(await host.directory.findUser('eve')).to.equal(undefined);
    });
  }

  it('refuses a late body if the logout was on another instance', async () => {
    const directory = memoryDirectory();
    const instance = () =>
      start({ directory, state: redisState(redis.client()), store: new RedisStore({ client: redis.client() }) });
    const [one, two] = [await instance(), await instance()];
    const cookie = await logIn(one);
    const release = await holdBody(two, 'POST', '/auth/pairings', { Cookie: cookie });
    await one.write('POST', '/auth/logout', { cookie });
    expect((await release()).status).to.equal(401);
  });

  it('refuses a late body after the sign-out of a local account', async () => {
    const host = await start();
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const { cookie = '' } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    const release = await holdBody(host, 'POST', '/auth/pairings', { Cookie: cookie });
    await host.write('POST', '/auth/logout', { cookie });
    expect((await release()).status).to.equal(401);
  });

  it('accepts a late body of another login of the same user', async () => {
    const host = await start();
    const [here, there] = [await logIn(host), await logIn(host)];
    const release = await holdBody(host, 'POST', '/auth/pairings', { Cookie: there });
    await host.write('POST', '/auth/logout', { cookie: here });
    expect((await release()).status).to.equal(201);
  });

  it('ends the event streams of this login, and of no other', async () => {
    const host = await start();
    const [here, there] = [await logIn(host), await logIn(host)];
    const opened = (await host.write('POST', '/auth/pairings', { cookie: here })).json;
    const stream = (cookie: string) =>
      openStream(host.port, `/auth/pairings/${opened?.['id']}/events`, 'alice', { Cookie: cookie });
    const [mine, other] = [await stream(here), await stream(there)];
    await host.write('POST', '/auth/logout', { cookie: here });
    await mine.ended;
    expect((await host.write('DELETE', `/auth/pairings/${opened?.['id']}`, { cookie: there })).status).to.equal(200);
    await other.until(/cancelled/);
  });
});
