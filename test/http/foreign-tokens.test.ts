// The host's own bearer tokens, on unguarded paths.
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { type Host, startHost } from './harness.js';

const theirs = jwt.sign({ iss: 'https://login.example.com', sub: 'robot' }, 'a secret that the host has of its own');

describe('a foreign bearer token', () => {
  let host: Host;
  afterEach(() => host.close());
  const start = async (foreignTokens?: 'refuse' | 'pass') => {
    host = await startHost({
      store: null,
      services: foreignTokens === undefined ? {} : { foreignTokens },
      routes: (app) =>
        app.get('/api/robots', (req, res) => {
          res.json({ principal: req.principal?.subject, authorization: req.headers.authorization });
        }),
    });
    await host.ask('/who', { user: 'alice' });
  };

  it('is refused by default', async () => {
    for (const option of [undefined, 'refuse'] as const) {
      await start(option);
      const answer = await host.ask('/api/robots', { token: theirs });
      expect(answer.json).to.include({ code: 'ERR_TOKEN_INVALID', status: 401 });
      if (option === undefined) await host.close();
    }
  });

  it('is passed on without a principal if so configured, and grants no access to Latchkey’s routes', async () => {
    await start('pass');
    for (const token of [theirs, 'opaque-key-of-the-host', '']) {
      const answer = await host.ask('/api/robots', { token });
      expect(answer.json, token).to.deep.equal({ authorization: `Bearer ${token}`.trim() });
      expect((await host.ask('/api/guarded', { token })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    }
    expect(await host.upgrade('/api/who', { token: theirs })).not.to.have.property('code');
  });

  it('differs from an invalid Latchkey token, which gets 401, and from a valid one, which works', async () => {
    await start('pass');
    const { token } = await host.pair('alice');
    expect((await host.ask('/api/robots', { token })).json).to.include({ principal: 'alice' });
    const claims = { iss: host.tokens.issuer, aud: host.tokens.audience, sub: 'alice', jti: 'x' };
    for (const bent of [
      `${token.slice(0, -4)}AAAA`,
      `${token}A`,
      jwt.sign(claims, 'another secret of thirty-two bytes!!'),
      jwt.sign({ ...claims, iss: 'https://other.example' }, 'another secret of thirty-two bytes!!', {
        header: { alg: 'HS256', typ: 'at+jwt', kid: 'one' },
      }),
    ]) {
      const answer = await host.ask('/api/robots', { token: bent });
      expect(answer.json, bent).to.include({ code: 'ERR_TOKEN_INVALID', status: 401 });
    }
  });
});
