// http: what authenticate makes of a request.
import { expect } from 'chai';
import { type Host, startHost } from './harness.js';

describe('authenticate', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null });
  });
  after(() => host.close());

  it('makes a principal of what the proxy asserts', async () => {
    const answer = await host.ask('/who', { user: 'alice', groups: 'admins' });
    expect(answer.json).to.deep.equal({ subject: 'alice', method: 'header', roles: ['admin'] });
  });

  it('leaves a request without assertion without principal', async () => {
    expect((await host.ask('/who')).json).to.deep.equal({ roles: [] });
  });

  it('makes a principal of a token on an unguarded path', async () => {
    await host.ask('/who', { user: 'alice', groups: 'admins' });
    const { token } = await host.pair('alice');
    const answer = await host.ask('/api/who', { token });
    expect(answer.json).to.deep.equal({ subject: 'alice', method: 'token', roles: ['admin'] });
  });

  it('does not look at tokens on guarded paths', async () => {
    const { token } = await host.pair('alice');
    expect((await host.ask('/who', { token })).json).to.deep.equal({ roles: [] });
  });

  it('answers 401 with a bare challenge to requests without credentials', async () => {
    for (const path of ['/guarded', '/api/guarded']) {
      const answer = await host.ask(path);
      expect(answer.status).to.equal(401);
      expect(answer.headers['www-authenticate']).to.equal('Bearer');
      expect(answer.json).to.include({ code: 'ERR_LOGIN_REQUIRED', status: 401 });
    }
  });

  it('names what is wrong with a bad token in the challenge', async () => {
    for (const token of ['', 'junk', 'a b', 'x'.repeat(5000)]) {
      const answer = await host.ask('/api/guarded', { token });
      expect(answer.status).to.equal(401);
      expect(answer.headers['www-authenticate']).to.equal('Bearer error="invalid_token"');
    }
  });
});
