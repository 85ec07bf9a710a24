// Signing and verifying API tokens.
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import * as oauth from 'oauth4webapi';
import { type ApiTokenOptions, apiTokens } from '../../src/tokens/api-token.js';
import { type KeyRing, keyRing, type SigningKey } from '../../src/tokens/key-ring.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

const issuer = 'https://api.example.com/auth';
const start = Date.UTC(2026, 10, 1);
const secretKey: SigningKey = { kid: '2026-11', secret: 'a secret of at least thirty-two bytes' };
const ecKey: SigningKey = { kid: 'ec', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
const rsaKey: SigningKey = { kid: 'rsa', privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
const day = 86_400_000;
const claims = {
  deviceId: 'd2c5c2f0-0000-4000-8000-000000000001',
  subject: 'alice',
  clientId: 'com.example.music',
  issuedAt: new Date(start),
  expiresAt: new Date(start + day),
};

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof LatchkeyError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** A key ring that counts signature checks. */
function counting(ring: KeyRing): { ring: KeyRing; checks: () => number } {
  let count = 0;
  return {
    checks: () => count,
    ring: {
      ...ring,
      find(kid) {
        const key = ring.find(kid);
        if (key === undefined) return undefined;
        return Object.defineProperty({ ...key }, 'verificationKey', {
          get() {
            count += 1;
            return key.verificationKey;
          },
        });
      },
    },
  };
}

describe('API tokens', () => {
  for (const key of [secretKey, ecKey, rsaKey]) {
    it(`are signed and verified with the key "${key.kid}"`, () => {
      const keys = keyRing([key]);
      const tokens = apiTokens({ keys, issuer, now: () => start });
      const token = tokens.mint(claims);
      expect(tokens.verify(token)).to.deep.include({ deviceId: claims.deviceId, subject: 'alice', serial: 1 });
      expect(jwt.decode(token, { complete: true })).to.deep.include({
        header: { alg: keys.current.algorithm, typ: 'at+jwt', kid: key.kid },
        payload: {
          iss: issuer,
          aud: issuer,
          sub: 'alice',
          jti: claims.deviceId,
          client_id: 'com.example.music',
          serial: 1,
          iat: start / 1000,
          exp: (start + day) / 1000,
        },
      });
    });
  }

  for (const key of [ecKey, rsaKey]) {
    it(`are accepted by a verifier that knows only RFC 9068 ("${key.kid}")`, async () => {
      const keys = keyRing([key]);
      const now = Date.now();
      const tokens = apiTokens({ keys, issuer, audience: 'music', now: () => now });
      const token = tokens.mint({ ...claims, issuedAt: new Date(now), expiresAt: new Date(now + day) });
      const { kid, verificationKey, algorithm } = keys.current;
      const jwk = { ...verificationKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
      const server: oauth.AuthorizationServer = { issuer, jwks_uri: `${issuer}/jwks.json` };
      const request = new Request('https://api.example.com/', { headers: { Authorization: `Bearer ${token}` } });
      const found = await oauth.validateJwtAccessToken(server, request, 'music', {
        [oauth.customFetch]: async () => Response.json({ keys: [jwk] }),
      });
      expect(found).to.include({ sub: 'alice', client_id: 'com.example.music' });
    });
  }

  it('are still accepted if they were issued before tokens named the app', () => {
    const { current } = keyRing([secretKey]);
    const tokens = apiTokens({ keys: keyRing([secretKey]), issuer, now: () => start });
    const payload = { iss: issuer, aud: issuer, sub: 'alice', jti: 'd', iat: start / 1000, exp: (start + day) / 1000 };
    const header = { alg: current.algorithm, typ: 'at+jwt', kid: current.kid };
    expect(tokens.verify(jwt.sign(payload, current.signingKey, { header }))).to.include({
      subject: 'alice',
      serial: 1,
    });
  });

  it('are recognized by their claim to be Latchkey’s, whether or not they verify', () => {
    const tokens = apiTokens({ keys: keyRing([secretKey]), issuer, now: () => start });
    const sign = (header: object, payload: object) =>
      jwt.sign(payload, 'another secret of thirty-two bytes!!', { header: { alg: 'HS256', ...header } });
    const [head, body] = tokens.mint(claims).split('.');
    for (const ours of [
      tokens.mint({ ...claims, expiresAt: new Date(start - day) }),
      `${head}.${body}.forged`,
      sign({ kid: 'dropped', typ: 'at+jwt' }, { iss: issuer }),
      sign({}, { iss: issuer }),
      sign({ kid: secretKey.kid, typ: 'at+jwt' }, { iss: 'https://renamed.example.com' }),
    ]) {
      expect(tokens.claimsToBeOurs(ours), ours).to.equal(true);
    }
    for (const foreign of [
      '',
      'opaque',
      'a.b.c',
      `${head}.${body}`,
      `${head}.${body}.x.y`,
      sign({ kid: 'theirs', typ: 'at+jwt' }, { iss: 'https://login.example.com' }),
      sign({ kid: secretKey.kid }, { iss: 'https://login.example.com' }),
      sign({}, {}),
    ]) {
      expect(tokens.claimsToBeOurs(foreign), foreign).to.equal(false);
    }
  });

  it('contain their serial number', () => {
    const tokens = apiTokens({ keys: keyRing([secretKey]), issuer, now: () => start });
    expect(tokens.verify(tokens.mint({ ...claims, serial: 7 })).serial).to.equal(7);
  });

  it('are still accepted if their key no longer signs', () => {
    const before = apiTokens({ keys: keyRing([secretKey]), issuer, now: () => start });
    const after = apiTokens({ keys: keyRing([ecKey, secretKey]), issuer, now: () => start });
    expect(after.verify(before.mint(claims)).subject).to.equal('alice');
    expect(after.verify(after.mint(claims)).subject).to.equal('alice');
    expect(codeOf(() => before.verify(after.mint(claims)))).to.equal('ERR_TOKEN_INVALID');
  });

  it('have a separate audience if configured', () => {
    const keys = keyRing([secretKey]);
    const tokens = apiTokens({ keys, issuer, audience: 'music', now: () => start });
    const token = tokens.mint(claims);
    expect(tokens.verify(token).subject).to.equal('alice');
    expect(jwt.decode(token)).to.have.property('aud', 'music');
  });

  it('expire by the injected clock, at the first and every later check', () => {
    let now = start;
    const tokens = apiTokens({ keys: keyRing([secretKey]), issuer, now: () => now });
    const token = tokens.mint(claims);
    now = start + day - 1;
    tokens.verify(token);
    now = start + day;
    expect(
      codeOf(() => tokens.verify(token)),
      'already verified once',
    ).to.equal('ERR_TOKEN_EXPIRED');
    const other = tokens.mint({ ...claims, deviceId: 'another' });
    expect(
      codeOf(() => tokens.verify(other)),
      'never verified',
    ).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('have their signature checked once', () => {
    const { ring, checks } = counting(keyRing([secretKey]));
    const tokens = apiTokens({ keys: ring, issuer, now: () => start });
    const token = tokens.mint(claims);
    for (let use = 0; use < 5; use += 1) tokens.verify(token);
    expect(checks()).to.equal(1);
  });

  it('are cached in a bounded number, and those in use stay cached', () => {
    const { ring, checks } = counting(keyRing([secretKey]));
    const tokens = apiTokens({ keys: ring, issuer, now: () => start });
    const inUse = tokens.mint(claims);
    const idle = tokens.mint({ ...claims, deviceId: 'idle' });
    tokens.verify(inUse);
    tokens.verify(idle);
    for (let device = 0; device < 10_000; device += 1) {
      tokens.verify(tokens.mint({ ...claims, deviceId: `device-${device}` }));
      if (device % 1000 === 0) tokens.verify(inUse);
    }
    const before = checks();
    tokens.verify(inUse);
    expect(checks() - before, 'in use').to.equal(0);
    tokens.verify(idle);
    expect(checks() - before, 'idle').to.equal(1);
  }).timeout(20_000);

  it('are valid for 365 days by default', () => {
    const options: ApiTokenOptions = { keys: keyRing([secretKey]), issuer, now: () => start };
    const at = (given: number): Date => new Date(given * 86_400_000);
    expect(apiTokens(options).expiryOf(at(1), at(0))).to.deep.equal(at(366));
    expect(apiTokens({ ...options, lifetimeDays: 0.5 }).expiryOf(at(1), at(0))).to.deep.equal(at(1.5));
    const { expiryOf } = apiTokens({ ...options, lifetimeDays: 30, maximumDays: 90 });
    expect([expiryOf(at(0), at(0)), expiryOf(at(60), at(0)), expiryOf(at(61), at(0))]).to.deep.equal([
      at(30),
      at(90),
      at(90),
    ]);
    for (const maximumDays of [29, Number.NaN, '90' as unknown as number]) {
      expect(codeOf(() => apiTokens({ ...options, lifetimeDays: 30, maximumDays }))).to.equal('ERR_CONFIG');
    }
    for (const lifetimeDays of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '30' as unknown as number]) {
      expect(codeOf(() => apiTokens({ ...options, lifetimeDays }))).to.equal('ERR_CONFIG');
    }
  });

  it('need an https issuer, or http on loopback, without query and fragment', () => {
    const at = (url: unknown) =>
      codeOf(() => apiTokens({ keys: keyRing([secretKey]), issuer: url as string, now: Date.now }));
    expect(at('http://localhost:3000/api/auth')).to.equal('accepted');
    expect(at('http://127.0.0.1:3000/api/auth')).to.equal('accepted');
    for (const url of [
      undefined,
      '',
      'api',
      'http://api.example.com',
      'ftp://localhost',
      'http://127.0.0.1.evil.com',
    ]) {
      expect(at(url), String(url)).to.equal('ERR_CONFIG');
    }
    for (const end of ['?a=b', '#x', '?', '#']) expect(at(issuer + end), end).to.equal('ERR_CONFIG');
    expect(at('https://user:pass@api.example.com')).to.equal('ERR_CONFIG');
  });

  it('cannot have an empty audience', () => {
    const options = { keys: keyRing([secretKey]), issuer, audience: '', now: () => start };
    expect(codeOf(() => apiTokens(options))).to.equal('ERR_CONFIG');
  });
});
