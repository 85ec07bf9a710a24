// H28: the host's own writes behind `auth.sameOrigin`, which another site could make a logged-in browser send.
import { expect } from 'chai';
import { type Answer, type Ask, type Host, startHost } from '../http/harness.js';

describe('H28: the host’s own writes must come from its own pages', () => {
  let host: Host;
  before(async () => {
    host = await startHost({
      services: { origins: ['https://friend.example'], foreignTokens: 'pass' },
      routes(app, auth) {
        app.post('/sign-in/:subject', async (req, res) => {
          const user = await host.administration.users.find(req.params.subject);
          await auth.signIn(req, user.id);
          res.json({});
        });
        app.use(auth.sameOrigin);
        app.all(['/library', '/api/library'], (_req, res) => void res.json({ written: true }));
      },
    });
    await host.ask('/who', { user: 'alice' });
    await host.administration.users.create({ subject: 'local', authMethod: 'local' });
  });
  after(() => host.close());
  const write = (ask: Ask, path = '/library', method = 'POST'): Promise<Answer> => host.ask(path, { method, ...ask });

  it('refuses what other sites can send, by header, by session and without a login', async () => {
    const { cookie } = await host.ask('/sign-in/local', { method: 'POST' });
    const foreign: Record<string, string>[] = [
      {},
      { Origin: 'null' },
      { Origin: 'https://evil.example' },
      { Origin: 'http://friend.example' },
      { Origin: `http://127.0.0.1:${host.port + 1}` },
      { Origin: `http://127.0.0.1:${host.port}.evil.example` },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'same-site', Origin: `http://127.0.0.1:${host.port}` },
    ];
    for (const headers of foreign) {
      for (const who of [{ user: 'alice' }, { cookie }, {}]) {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
          const answer = await write({ ...who, headers }, '/library', method);
          expect(answer.json, `${method} ${JSON.stringify([who, headers])}`).to.include({ code: 'ERR_CROSS_ORIGIN' });
        }
      }
    }
    // A bearer token on a guarded path counts for nothing, so it does not excuse the browser's header.
    const { token } = await host.pair('alice');
    expect((await write({ user: 'alice', token })).json).to.include({ code: 'ERR_CROSS_ORIGIN' });
  });

  it('accepts its own pages, the origins of the option, and safe methods', async () => {
    const { cookie } = await host.ask('/sign-in/local', { method: 'POST' });
    for (const headers of [
      { Origin: `http://127.0.0.1:${host.port}` },
      { Origin: 'https://friend.example', 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' },
    ]) {
      for (const who of [{ user: 'alice' }, { cookie }]) {
        expect((await write({ ...who, headers })).json, JSON.stringify(headers)).to.deep.equal({ written: true });
      }
    }
    const headers = { Origin: 'https://evil.example' };
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect((await write({ user: 'alice', headers }, '/library', method)).status, method).to.equal(200);
    }
  });

  it('accepts tokens, ours and the host’s own, which no other site can make a browser send', async () => {
    const { token } = await host.pair('alice');
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const ask of [{ token }, { token: 'a-key-of-the-host' }, {}]) {
      expect((await write({ ...ask, headers }, '/api/library')).json).to.deep.equal({ written: true });
    }
  });

  it('decides on shared paths by the credential: a token is accepted, everything else needs the origin', async () => {
    const shared = await startHost({
      shared: true,
      services: { foreignTokens: 'pass' },
      routes(app, auth) {
        app.use(auth.sameOrigin);
        app.post('/data', (_req, res) => void res.json({ written: true }));
      },
    });
    try {
      await shared.ask('/who', { user: 'alice' });
      const { token } = await shared.pair('alice');
      const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
      const send = async (ask: Ask) => (await shared.ask('/data', { method: 'POST', ...ask, headers })).json;
      for (const ask of [{ token }, { token: 'a-key-of-the-host' }]) {
        expect(await send(ask)).to.deep.equal({ written: true });
      }
      for (const ask of [{ user: 'alice' }, {}]) expect(await send(ask)).to.include({ code: 'ERR_CROSS_ORIGIN' });
    } finally {
      await shared.close();
    }
  });

  it('refuses to guess before authenticate has run', async () => {
    const other = await startHost({
      store: null,
      before: (app) => app.post('/early', (req, res, next) => other.auth.sameOrigin(req, res, next)),
    });
    const answer = await other.ask('/early', { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' } });
    expect(answer.status).to.equal(500);
    await other.close();
  });
});
