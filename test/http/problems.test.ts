// Errors as responses, and the errors that the host’s own handler still gets.
import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import { loginGuard, roleGuard } from '../../src/http/guards.js';
import { principalOf } from '../../src/http/request-principal.js';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { type Ask, type Host, type HostOptions, startHost } from './harness.js';

const requireLogin = loginGuard(() => {});
const requireRole = roleGuard(() => {});

describe('problems', () => {
  let host: Host;
  const start = async (options: HostOptions) => {
    host = await startHost({ store: null, ...options });
    return host;
  };
  afterEach(() => host.close());

  it('answer with problem details (RFC 9457)', async () => {
    await start({});
    const answer = await host.ask('/admins', { user: 'alice' });
    expect(answer.status).to.equal(403);
    expect(answer.headers['content-type']).to.equal('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).to.equal('no-store');
    expect(answer.json).to.deep.equal({
      type: 'urn:latchkey:error:ERR_ROLE_REQUIRED',
      title: 'Not allowed',
      status: 403,
      detail: 'Not allowed',
      code: 'ERR_ROLE_REQUIRED',
    });
  });

  it('pass other errors on, from Latchkey’s own routes too', async () => {
    const failure = new TypeError('not ours');
    await start({
      services: {
        directory: { ...memoryDirectory(), listDevices: () => Promise.reject(failure) },
        administration: {
          devices: {
            list: () => Promise.reject(failure),
            iterate: () => {
              throw failure;
            },
            rename: () => Promise.reject(failure),
            revoke: () => Promise.reject(failure),
            revokeById: () => Promise.reject(failure),
            revokeOthers: () => Promise.reject(failure),
            revokeAll: () => Promise.reject(failure),
          },
        },
      },
    });
    const answer = await host.ask('/auth/devices', { user: 'alice' });
    expect(answer.json).to.deep.equal({ host: true });
    await host.ask('/who', { user: 'alice' });
    const { token } = await host.pair('alice');
    expect((await host.write('POST', '/api/auth/revoke', { json: { token } })).json).to.deep.equal({ host: true });
    expect(host.hostErrors).to.deep.equal([failure, failure]);
  });

  it('hide the details of a configuration error from clients', async () => {
    await start({
      routes(app) {
        app.get('/wrong', () => {
          throw new LatchkeyError('ERR_CONFIG', { detail: 'the secret is hunter2' });
        });
      },
    });
    const answer = await host.ask('/wrong');
    expect(answer.status).to.equal(500);
    expect(answer.text).to.not.contain('hunter2');
    expect(host.events).to.deep.include({ type: 'error', code: 'ERR_CONFIG', message: 'the secret is hunter2' });
  });

  it('leave responses that have started to the host', async () => {
    const late = new LatchkeyError('ERR_STATE_UNAVAILABLE');
    await start({
      routes(app) {
        app.get('/late', (_req, res, next) => {
          res.write('begun');
          next(late);
        });
      },
    });
    expect((await host.ask('/late')).text).to.equal('begun');
    expect(host.hostErrors).to.deep.equal([late]);
  });

  it('send Retry-After', async () => {
    await start({
      routes(app) {
        app.get('/throttled', () => {
          throw new LatchkeyError('ERR_THROTTLED', { retryAfterSeconds: 12.2 });
        });
      },
    });
    expect((await host.ask('/throttled')).headers['retry-after']).to.equal('13');
  });

  it('accept bodies that the host has parsed already', async () => {
    await start({ before: (app) => app.use(express.json({ limit: '1mb' }), express.urlencoded({ extended: true })) });
    await host.ask('/who', { user: 'alice' });
    const { id } = await host.pair('alice');
    const renamed = await host.write('PATCH', `/auth/devices/${id}`, { user: 'alice', json: { name: 'Pixel' } });
    expect(renamed.json).to.include({ name: 'Pixel' });
    const body = 'grant_type[a]=b';
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await host.ask('/api/auth/token', { method: 'POST', headers, body })).json).to.include({
      error: 'invalid_request',
    });
    const malformed = await host.write('POST', '/auth/pairings', { user: 'alice', body: '{' });
    expect(malformed.json).to.include({ code: 'ERR_BODY_INVALID', status: 400 });
  });

  for (const [how, parser] of [
    ['text', express.text({ type: '*/*', limit: '1mb' })],
    ['bytes', express.raw({ type: '*/*', limit: '1mb' })],
    ['JSON of any type', express.json({ type: () => true, limit: '1mb', strict: false })],
  ] as const) {
    it(`accept bodies that the host has read as ${how}, by the same rules`, async () => {
      await start({ before: (app) => app.use(parser) });
      await host.ask('/who', { user: 'alice' });
      const { id } = await host.pair('alice');
      const rename = (ask: Ask) => host.write('PATCH', `/auth/devices/${id}`, { user: 'alice', ...ask });
      expect((await rename({ json: { name: 'Pixel' } })).json).to.include({ name: 'Pixel' });
      for (const body of ['{"name":', 'true', '[]', '""', '{"name":"A","padding":']) {
        expect((await rename({ body })).json, body).to.include({ code: 'ERR_BODY_INVALID', status: 400 });
      }
      const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
      const redeem = (ask: Ask) => host.ask('/api/auth/token', { method: 'POST', ...ask });
      const grant = 'urn:latchkey:params:oauth:grant-type:quick-connect';
      const shown = { grant_type: grant, client_id: 'app', device_name: 'Pixel', code: String(json?.['code']) };
      const asJson = await redeem({ json: shown, headers: { 'Content-Type': 'application/json' } });
      expect(asJson.json, asJson.text).to.include({ token_type: 'Bearer' });
    });
  }

  for (const [how, parser] of [
    ['text', express.text({ type: '*/*', limit: '1mb' })],
    ['bytes', express.raw({ type: '*/*', limit: '1mb' })],
  ] as const) {
    it(`accept forms that the host has read as ${how}, by the same rules`, async () => {
      await start({ before: (app) => app.use(parser) });
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const redeem = (body: string | Buffer) => host.ask('/api/auth/token', { method: 'POST', headers: form, body });
      const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
      const grant = 'urn:latchkey:params:oauth:grant-type:quick-connect';
      const shown = { grant_type: grant, client_id: 'app', device_name: 'Pixel 8', code: String(json?.['code']) };
      const twice = await redeem(`${new URLSearchParams(shown)}&code=AAAA-BBBB-CCCC`);
      expect(twice.json).to.include({ error: 'invalid_request' });
      const many = `${new URLSearchParams(shown)}${'&x=1'.repeat(20)}`;
      for (const body of [many, `grant_type=${'x'.repeat(9000)}`]) {
        expect((await redeem(body)).status).to.equal(413);
      }
      expect((await redeem(String(new URLSearchParams(shown)))).json).to.include({ token_type: 'Bearer' });
      const broken = Buffer.from('grant_type=\xff', 'latin1');
      expect((await redeem(broken)).status).to.equal(400);
    });
  }
});

describe('guards', () => {
  let host: Host;
  before(async () => {
    host = await startHost({
      store: null,
      before(app) {
        app.get('/early', requireLogin(), (_req, res) => void res.json({ reached: true }));
        app.get('/unknown', (req, res) => void res.json({ principal: principalOf(req) ?? null }));
      },
      routes(app, auth) {
        app.get('/editors', requireRole('editor', 'admin'), (_req, res) => void res.json({ reached: true }));
        // Forbidden by the types, but possible in JavaScript.
        app.get('/uncalled', auth.requireLogin as unknown as RequestHandler, (_req, res) => void res.json({}));
        app.get('/uncalled-role', auth.requireRole as unknown as RequestHandler, (_req, res) => void res.json({}));
        app.use('/used', auth.requireLogin as unknown as RequestHandler);
        app.get('/plain', (_req, res) => void res.json({}));
        const own: RequestHandler = (_req, res, next) => {
          res.set('Cache-Control', 'private');
          next();
        };
        app.get('/own', own, requireLogin(), (_req, res) => void res.json({}));
        app.get('/later', requireLogin(), own, (_req, res) => void res.json({}));
      },
    });
  });
  after(() => host.close());

  it('accept a request whose principal has any of the roles', async () => {
    expect((await host.ask('/editors', { user: 'alice', groups: 'admins' })).status).to.equal(200);
    expect((await host.ask('/editors', { user: 'alice', groups: 'users' })).status).to.equal(403);
    expect((await host.ask('/editors')).status).to.equal(401);
  });

  it('fail when authenticate has not run', async () => {
    const answer = await host.ask('/early', { user: 'alice' });
    expect(answer.status).to.equal(500);
    expect(answer.json).to.include({ code: 'ERR_CONFIG' });
    expect((await host.ask('/unknown', { user: 'alice' })).json).to.deep.equal({ principal: null });
  });

  it('report an error when the host forgot to call the factory', async () => {
    for (const path of ['/uncalled', '/uncalled-role', '/used']) {
      const answer = await host.ask(path, { user: 'alice', groups: 'admins' });
      expect([answer.status, answer.json?.['code']], path).to.deep.equal([500, 'ERR_CONFIG']);
    }
    const told = host.events.flatMap((event) => (event.type === 'error' ? [event.message] : []));
    expect(told.join()).to.contain('auth.requireLogin()').and.to.contain("auth.requireRole('admin')");
  });

  it('and authenticate throw when they are called instead of mounted', () => {
    for (const handler of [host.auth.authenticate, host.auth.requireLogin(), host.auth.problems]) {
      expect(() => (handler as unknown as () => void)())
        .to.throw(LatchkeyError, 'without ()')
        .with.property('code', 'ERR_CONFIG');
    }
  });

  it('refuse to watch a principal without named callbacks, which earlier versions took by position', () => {
    const principal = { userId: 'x', subject: 'x', roles: new Set<string>(), method: 'header' } as const;
    const none = () => {};
    for (const options of [none, undefined, {}, { refused: none }, { onRefused: none, onRolesChanged: 'no' }]) {
      expect(() => host.auth.watchPrincipal(principal, options as never))
        .to.throw(LatchkeyError, 'watchPrincipal: expected { onRefused, onRolesChanged? }')
        .with.property('code', 'ERR_CONFIG');
    }
    host.auth.watchPrincipal(principal, { onRefused: none, onRolesChanged: undefined })();
  });

  it('cannot be created without roles', () => {
    expect(() => requireRole())
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
    expect(() => requireRole(''))
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
    expect(() => requireRole(['admin'] as unknown as string))
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
  });

  it('keep personal responses out of caches, unless the host says otherwise', async () => {
    const cacheControl = async (path: string) =>
      (await host.ask(path, { user: 'alice', groups: 'admins' })).headers['cache-control'];
    expect(await cacheControl('/guarded')).to.equal('no-store');
    expect(await cacheControl('/who')).to.equal('no-store');
    expect(await cacheControl('/own')).to.equal('private');
    expect(await cacheControl('/later')).to.equal('private');
    expect(await cacheControl('/plain')).to.equal(undefined);
  });

  it('see each request’s own principal', async () => {
    const answers = await Promise.all(['ann', 'bob', 'cyd'].map((user) => host.ask('/who', { user })));
    expect(answers.map(({ json }) => json?.['subject'])).to.deep.equal(['ann', 'bob', 'cyd']);
  });
});
