// Token introspection by other servers (RFC 7662), always current.
import { expect } from 'chai';
import { apiTokens } from '../../src/tokens/api-token.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { day, type LivingInstance, type LivingRig, livingRig, tokenOptions } from '../support/living-rig.js';
import { renewed } from '../support/renewing.js';
import type { Answer } from './client.js';

const path = '/api/auth/introspect';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const secret = 's'.repeat(32);
const odd = { clientId: 'a:b+c%', secret: `:+%&=/${'x'.repeat(32)}` };
const former = { clientId: 'reports', secret: `${'f'.repeat(32)}+/==` };

const plain = (text: string) => text;

/** The header of RFC 6749 §2.3.1. */
function basic(clientId: string, password: string, encode: (text: string) => string = encodeURIComponent): string {
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(password)}`).toString('base64')}`;
}

describe('introspection', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let phone: { readonly id: string; readonly token: string };
  beforeEach(async () => {
    rig = livingRig();
    const introspection = [{ clientId: 'reports', secret }, odd, former];
    one = await rig.start({
      tokens: { ...tokenOptions, idleDays: 30, suspendAfterDays: 60, introspection },
      groupRoles: { admins: ['admin'], staff: ['analyst'] },
    });
    await one.ask('/who', { user: 'ada', groups: 'staff,admins', headers: { 'Remote-Name': 'Ada L.' } });
    phone = await rig.pair('ada');
  });
  afterEach(() => rig.stop());

  const ask = (members: Record<string, string>, authorization: string | null = basic('reports', secret)) =>
    one.ask(path, {
      method: 'POST',
      headers: { ...form, ...(authorization === null ? {} : { Authorization: authorization }) },
      body: new URLSearchParams(members).toString(),
    });
  const introspect = async (token: string): Promise<Answer> => ask({ token, token_type_hint: 'access_token' });

  async function expectInactive(token: string, why: string): Promise<void> {
    const answer = await introspect(token);
    expect(answer.status, why).to.equal(200);
    // No reason is given (§2.2).
    expect(answer.json, why).to.deep.equal({ active: false });
  }

  it('returns the owner of a token and their roles', async () => {
    const answer = await introspect(phone.token);
    expect(answer.status).to.equal(200);
    expect(answer.headers['cache-control']).to.equal('no-store');
    expect(answer.json).to.deep.equal({
      active: true,
      sub: 'ada',
      username: 'Ada L.',
      client_id: 'app',
      device_id: phone.id,
      iss: tokenOptions.issuer,
      aud: tokenOptions.issuer,
      exp: (rig.clock.now + 30 * day) / 1000,
      token_type: 'Bearer',
      roles: ['admin', 'analyst'],
    });
  });

  it('counts a renewed token as received, so the grace period of the previous one begins', async () => {
    const next = await renewed(one, phone.token);
    expect((await introspect(phone.token)).json).to.include({ active: true });
    expect((await introspect(next)).json).to.include({ active: true });
    rig.clock.now += 599_000;
    expect((await introspect(phone.token)).json).to.include({ active: true });
    rig.clock.now += 1000;
    await expectInactive(phone.token, 'reused after its grace');
    await expectInactive(next, 'of a device that was revoked for it');
    expect(rig.events.filter(({ type }) => type === 'device.token-reused')).to.have.length(1);
  });

  it('omits a missing display name', async () => {
    await one.ask('/who', { user: 'bob' });
    const { token } = await rig.pair('bob');
    expect((await introspect(token)).json)
      .to.include({ active: true, sub: 'bob' })
      .and.not.have.property('username');
  });

  it('returns the current roles', async () => {
    await introspect(phone.token);
    await one.auth.users.addRoles('ada', ['editor']);
    await one.auth.mappings.set('staff', ['reader']);
    const { json } = await introspect(phone.token);
    expect(json?.['roles']).to.deep.equal(['admin', 'analyst', 'editor', 'reader']);
  });

  it('reports malformed and foreign tokens as inactive', async () => {
    const foreign = apiTokens({
      keys: keyRing([{ kid: 'one', secret: 'another secret of thirty-two bytes!' }]),
      issuer: tokenOptions.issuer,
      now: () => rig.clock.now,
    });
    const dates = { issuedAt: new Date(rig.clock.now), expiresAt: new Date(rig.clock.now + day) };
    const ours = apiTokens({ ...tokenOptions, keys: keyRing(tokenOptions.keys), now: () => rig.clock.now });
    await expectInactive('junk', 'junk');
    await expectInactive(`${phone.token}x`, 'another signature');
    await expectInactive('x'.repeat(8000), 'too long');
    await expectInactive(
      foreign.mint({ deviceId: phone.id, subject: 'ada', clientId: 'app', ...dates }),
      'a foreign key',
    );
    await expectInactive(
      ours.mint({ deviceId: crypto.randomUUID(), subject: 'ada', clientId: 'app', ...dates }),
      'an unknown device',
    );
    await expectInactive(ours.mint({ deviceId: phone.id, subject: 'bob', clientId: 'app', ...dates }), 'another owner');
  });

  it('reports a revoked device’s token as inactive', async () => {
    expect((await introspect(phone.token)).json).to.include({ active: true });
    await one.auth.devices.revokeAll('ada');
    await expectInactive(phone.token, 'revoked');
  });

  it('reports the token of a disabled owner as inactive until they are enabled', async () => {
    // Another administrator must remain.
    await one.auth.users.create({ subject: 'second', authMethod: 'local', grantedRoles: ['admin'] });
    await one.auth.users.disable('ada');
    await expectInactive(phone.token, 'disabled');
    await one.auth.users.enable('ada');
    expect((await introspect(phone.token)).json).to.include({ active: true });
  });

  it('reports an expired token as inactive, and returns its own expiry when that comes first', async () => {
    const watch = await rig.pair('ada', { expiresAt: new Date(rig.clock.now + day) });
    expect((await introspect(watch.token)).json).to.include({ exp: (rig.clock.now + day) / 1000 });
    rig.clock.now += day;
    await expectInactive(watch.token, 'expired');
  });

  it('reports an idle device’s token as inactive, and counts introspection as use', async () => {
    rig.clock.now += 20 * day;
    expect((await introspect(phone.token)).json).to.include({ exp: (rig.clock.now + 30 * day) / 1000 });
    rig.clock.now += 20 * day;
    expect((await introspect(phone.token)).json).to.include({ active: true });
    rig.clock.now += 30 * day;
    await expectInactive(phone.token, 'idle');
  });

  it('reports a suspended token as inactive, and as active after its owner’s next login', async () => {
    for (let months = 0; months < 3; months += 1) {
      await introspect(phone.token);
      rig.clock.now += 20 * day;
    }
    await expectInactive(phone.token, 'suspended');
    await one.ask('/who', { user: 'ada', groups: 'staff,admins' });
    expect((await introspect(phone.token)).json).to.include({ active: true });
  });

  it('answers 503 and never inactive while the directory is unavailable', async () => {
    rig.database.mode = 'down';
    const answer = await introspect(phone.token);
    expect(answer.status).to.equal(503);
    expect(answer.headers['retry-after']).to.equal('2');
    expect(answer.json).to.include({ error: 'temporarily_unavailable' }).and.not.have.property('active');
    rig.database.mode = 'up';
    expect((await introspect(phone.token)).json).to.include({ active: true });
    // Cached facts that say "idle" are not a decision either.
    rig.clock.now += 30 * day;
    rig.database.mode = 'down';
    expect((await introspect(phone.token)).status).to.equal(503);
  });

  it('authenticates servers by header or body, by the new or the old secret, with any characters', async () => {
    const { token } = phone;
    const answers = [
      await ask({ token }, basic(odd.clientId, odd.secret)),
      await ask({ token }, basic('reports', former.secret).replace('Basic', 'bAsIc ')),
      await ask({ token }, basic('reports', former.secret, plain)),
      await ask({ token, client_id: 'reports', client_secret: secret }, null),
      await ask({ token, client_id: odd.clientId, client_secret: odd.secret }, null),
      await ask({ token, client_id: 'reports' }),
    ];
    for (const { json } of answers) expect(json).to.include({ active: true });
    const json = { token, client_id: 'reports', client_secret: secret };
    const byJson = await one.ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, json });
    expect(byJson.json).to.include({ active: true });
  });

  it('refuses every other client', async () => {
    const wrong: Record<string, [Record<string, string>, string | null]> = {
      nothing: [{}, null],
      'a name only': [{ client_id: 'reports' }, null],
      'a secret only': [{ client_secret: secret }, null],
      'a wrong secret': [{}, basic('reports', 'x'.repeat(32))],
      'a shorter secret': [{}, basic('reports', secret.slice(1))],
      'a wrong name': [{}, basic('report', secret)],
      'the secret of another server': [{}, basic(odd.clientId, secret)],
      'no secret': [{}, basic('reports', '')],
      'a wrong secret in the body': [{ client_id: 'reports', client_secret: 'x'.repeat(32) }, null],
      'the token itself': [{}, `Bearer ${phone.token}`],
      'no base64': [{}, 'Basic !'],
      'no scheme': [{}, secret],
      'no colon': [{}, `Basic ${Buffer.from('reports').toString('base64')}`],
      'a broken escape': [{}, basic('reports', '%zz', plain)],
      'what would be right unencoded': [{}, basic(odd.clientId, odd.secret, plain)],
    };
    for (const [what, [members, authorization]] of Object.entries(wrong)) {
      for (const token of [{ token: phone.token }, { token: 'junk' }, {}]) {
        const answer = await ask({ ...token, ...members } as Record<string, string>, authorization);
        expect(answer.status, what).to.equal(401);
        expect(answer.headers['www-authenticate'], what).to.equal('Basic realm="latchkey"');
        expect(answer.headers['cache-control'], what).to.equal('no-store');
        expect(answer.json, what).to.deep.equal({
          error: 'invalid_client',
          error_description: 'Client authentication failed',
        });
      }
    }
  });

  it('refuses malformed requests with OAuth errors', async () => {
    const { token } = phone;
    const both = await ask({ token, client_id: 'reports', client_secret: secret }, basic('reports', secret));
    const twice = await one.ask(path, {
      method: 'POST',
      headers: { ...form, Authorization: basic('reports', secret) },
      body: `token=${token}&token=${token}`,
    });
    for (const answer of [both, twice, await ask({})]) {
      expect(answer.status).to.equal(400);
      expect(answer.json).to.include({ error: 'invalid_request' });
    }
    const read = await one.ask(`${path}?token=${token}`, { headers: { Authorization: basic('reports', secret) } });
    expect(read.status).to.equal(405);
    expect(read.headers.allow).to.equal('POST');
    const asserted = await one.ask(path, {
      method: 'POST',
      user: 'ada',
      headers: { ...form, Authorization: basic('reports', secret) },
      body: `token=${token}`,
    });
    expect(asserted.status).to.equal(403);
  });

  it('exists only when servers are configured, and the metadata says so', async () => {
    const metadata = '/api/auth/.well-known/oauth-authorization-server';
    expect((await one.ask(metadata)).json).to.deep.include({
      introspection_endpoint: `${tokenOptions.issuer}/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
    const without = await rig.start();
    const { json } = await without.ask(metadata);
    expect(Object.keys(json ?? {}).filter((name) => name.startsWith('introspection'))).to.deep.equal([]);
    const answer = await without.ask(path, { method: 'POST', headers: form, body: `token=${phone.token}` });
    expect(answer.status).to.equal(404);
  });
});
