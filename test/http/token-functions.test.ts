// `tokens.authenticate`: tokens that did not arrive in an `Authorization` header.
import { expect } from 'chai';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { type Host, type HostOptions, startHost } from './harness.js';

describe('tokens.authenticate', () => {
  let host: Host;
  const start = async (options: HostOptions = {}) => {
    host = await startHost({ store: null, ...options });
    await host.ask('/who', { user: 'alice', groups: 'admins' });
  };
  afterEach(() => host.close());
  const codeOf = async (token: unknown) => {
    const outcome = await host.auth.tokens.authenticate(token as string).catch((error: unknown) => error);
    if (!(outcome instanceof LatchkeyError)) throw new Error('expected a LatchkeyError');
    expect(JSON.stringify([outcome.message, outcome, outcome.stack])).not.to.contain(String(token || 'no token'));
    return outcome.code;
  };

  it('resolves to the principal of a bearer request, and records the use with the address', async () => {
    await start();
    const { id, token } = await host.pair('alice');
    const principal = await host.auth.tokens.authenticate(token, { address: '::ffff:203.0.113.7' });
    expect(principal).to.deep.include({ subject: 'alice', method: 'token', deviceId: id });
    expect([...(principal?.roles ?? [])]).to.deep.equal(['admin']);
    const used = async () => (await host.administration.devices.list({ subject: 'alice' }))[0];
    await host.close();
    expect(await used()).to.include({ lastAddress: '203.0.113.7' });
    expect((await used())?.lastUsedAt).to.be.instanceOf(Date);
  });

  it('records no address that is none', async () => {
    await start();
    const { token } = await host.pair('alice');
    await host.auth.tokens.authenticate(token, { address: '<script>' });
    await host.close();
    expect((await host.administration.devices.list({ subject: 'alice' }))[0]?.lastAddress).to.equal(undefined);
  });

  it('refuses with the codes of a bearer request', async () => {
    await start();
    await host.ask('/who', { user: 'ada', groups: 'admins' });
    const { id, token } = await host.pair('alice');
    const asked = async (text: string) => (await host.ask('/api/guarded', { token: text })).json?.['code'];
    const agree = async (text: string, code: string) => {
      expect(await codeOf(text)).to.equal(code);
      expect(await asked(text)).to.equal(code);
    };
    await agree(`${token}A`, 'ERR_TOKEN_INVALID');
    await agree('junk', 'ERR_TOKEN_INVALID');
    await host.administration.users.disable('alice');
    await agree(token, 'ERR_ACCOUNT_DISABLED');
    await host.administration.users.enable('alice');
    await host.administration.devices.revoke('alice', id);
    await agree(token, 'ERR_TOKEN_REVOKED');
  });

  it('refuses what a client can send instead of a token', async () => {
    for (const foreignTokens of ['refuse', 'pass'] as const) {
      await start({ services: { foreignTokens } });
      for (const odd of [undefined, null, 777_777, {}, ['one token', 'another'], 'x'.repeat(1_000_000)]) {
        expect(await codeOf(odd)).to.equal('ERR_TOKEN_INVALID');
      }
      if (foreignTokens === 'refuse') {
        expect(await codeOf('')).to.equal('ERR_TOKEN_INVALID');
        await host.close();
      }
    }
  });

  it('confirms a renewal, as the first use of a new token does', async () => {
    await start();
    const { id, token } = await host.pair('alice');
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'app' });
    const answer = await host.ask('/api/auth/token', {
      method: 'POST',
      body: form.toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    const renewed = String(answer.json?.['access_token']);
    expect(await host.auth.tokens.authenticate(renewed)).to.include({ deviceId: id });
    expect((await host.directory.findDevice(id))?.device.serial).to.equal(2);
    expect(host.events.filter(({ type }) => type === 'device.renewed')).to.have.length(1);
  });

  it('passes a foreign token on as nobody, if so configured, but none that claims to be ours', async () => {
    await start({ services: { foreignTokens: 'pass' } });
    const { token } = await host.pair('alice');
    expect(await host.auth.tokens.authenticate('a-key-of-the-host')).to.equal(undefined);
    expect(await codeOf(`${token}A`)).to.equal('ERR_TOKEN_INVALID');
    expect(await host.auth.tokens.authenticate(token)).to.include({ subject: 'alice' });
  });

  it('needs the option tokens', async () => {
    await start({ withoutTokens: true });
    expect(await codeOf('junk')).to.equal('ERR_CONFIG');
  });
});
