// P20: forged and malformed tokens that a careless verifier accepts.
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { apiTokens } from '../../src/tokens/api-token.js';
import { type KeyRing, keyRing } from '../../src/tokens/key-ring.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

const issuer = 'https://api.example.com/auth';
const secret = 'a secret of at least thirty-two bytes';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = Date.UTC(2026, 10, 1);
const iat = now / 1000;
const good = { iss: issuer, aud: issuer, sub: 'alice', jti: 'device', iat, exp: iat + 3600 };
const header = { alg: 'HS256', typ: 'at+jwt', kid: 'hs' };

/** The token service, with a count of its signature checks. */
function setUp() {
  const ring = keyRing([
    { kid: 'hs', secret },
    { kid: 'rs', privateKey: rsa.privateKey },
  ]);
  const setup = { checks: 0, clock: now };
  const keys: KeyRing = {
    ...ring,
    find(kid) {
      const key = ring.find(kid);
      return (
        key &&
        Object.defineProperty({ ...key }, 'verificationKey', {
          get() {
            setup.checks += 1;
            return key.verificationKey;
          },
        })
      );
    },
  };
  const tokens = apiTokens({ keys, issuer, now: () => setup.clock });
  return Object.assign(setup, {
    verdict(token: string): string {
      try {
        tokens.verify(token);
      } catch (error) {
        if (error instanceof LatchkeyError) return error.code;
        throw error;
      }
      return 'accepted';
    },
  });
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function signed(head: unknown, payload: unknown, key: string | Buffer = secret): string {
  const text = `${encode(head)}.${encode(payload)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

describe('P20: verification of a token', () => {
  it('accepts the valid token from which all others are made', () => {
    const setup = setUp();
    expect(setup.verdict(signed(header, good))).to.equal('accepted');
    expect(setup.checks).to.equal(1);
    expect(setup.verdict(signed(header, { ...good, serial: 2 }))).to.equal('accepted');
  });

  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const beforeCrypto: Record<string, string> = {
    'alg none': `${encode({ ...header, alg: 'none' })}.${encode(good)}.`,
    'alg None with a signature': signed({ ...header, alg: 'None' }, good),
    'HS256 under the kid of an RSA key': signed({ ...header, kid: 'rs' }, good, publicPem),
    'RS256 under the kid of a secret': jwt.sign(good, rsa.privateKey, {
      algorithm: 'RS256',
      header: { alg: 'RS256', typ: 'at+jwt', kid: 'hs' },
    }),
    'HS512 under the kid of an HS256 key': jwt.sign(good, secret, {
      algorithm: 'HS512',
      header: { ...header, alg: 'HS512' },
    }),
    'an unknown kid': signed({ ...header, kid: 'other' }, good),
    'a kid that is a path': signed({ ...header, kid: '../../dev/null' }, good),
    'a kid that is no text': signed({ ...header, kid: ['hs'] }, good),
    'no kid': signed({ alg: 'HS256', typ: 'at+jwt' }, good),
    'no kid but as many members': signed({ alg: 'HS256', typ: 'at+jwt', x: 1 }, good),
    'a crit header': signed({ ...header, crit: ['exp'] }, good),
    'a crit header in the place of typ': signed({ alg: 'HS256', kid: 'hs', crit: ['exp'] }, good),
    'b64 false': signed({ ...header, b64: false }, good),
    'a jku header': signed({ ...header, jku: 'https://evil.example/jwks' }, good),
    'a jwk header': signed({ ...header, jwk: { kty: 'oct', k: encode('x') } }, good),
    'an x5u header': signed({ ...header, x5u: 'https://evil.example/cert' }, good),
    'typ JWT': signed({ ...header, typ: 'JWT' }, good),
    'typ of a logout token': signed({ ...header, typ: 'logout+jwt' }, good),
    'a header that is null': signed('null', good),
    'a header that is a list': signed('["a","b","c"]', good),
    'a header that is no JSON': signed('{', good),
    'two parts': `${encode(header)}.${encode(good)}`,
    'five parts (JWE)': `${signed(header, good)}.a.b`,
    'no token at all': '',
    'an oversize token': signed(header, { ...good, padding: 'x'.repeat(4096) }),
  };
  for (const [name, token] of Object.entries(beforeCrypto)) {
    it(`refuses ${name} before any cryptography`, () => {
      const setup = setUp();
      expect(setup.verdict(token)).to.equal('ERR_TOKEN_INVALID');
      expect(setup.checks).to.equal(0);
    });
  }

  describe('with one accepted text per token', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ring = keyRing([
      { kid: 'es', privateKey: ec.privateKey },
      { kid: 'hs', secret },
      { kid: 'rs', privateKey: rsa.privateKey },
    ]);
    const tokens = apiTokens({ keys: ring, issuer, now: () => now });
    const claims = { deviceId: 'device', subject: 'alice', clientId: 'app' };
    const minted = (serial = 1) =>
      tokens.mint({ ...claims, serial, issuedAt: new Date(now), expiresAt: new Date(now + 3_600_000) });
    const verdict = (token: string) => {
      try {
        return tokens.verify(token) && 'accepted';
      } catch (error) {
        return error instanceof LatchkeyError ? error.code : 'another error';
      }
    };
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    /** The same token with (r, n - s) as its signature. */
    const mirrored = (token: string): string => {
      const [head, body, signature = ''] = token.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
      const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
      return `${head}.${body}.${other.toString('base64url')}`;
    };
    /** Other texts that a lenient decoder decodes to the same bytes. */
    const respelled = (token: string): string[] => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const parts = token.split('.');
      return parts.flatMap((part, at) => {
        const bytes = Buffer.from(part, 'base64url');
        const texts = [...alphabet].map((last) => part.slice(0, -1) + last).concat(`${part}=`, `${part}==`, `${part}A`);
        return texts
          .filter((text) => text !== part && Buffer.from(text, 'base64url').equals(bytes))
          .map((text) => parts.with(at, text).join('.'));
      });
    };

    it('refuses other base64url texts of the same bytes', () => {
      const rs = jwt.sign(good, rsa.privateKey, {
        algorithm: 'RS256',
        header: { alg: 'RS256', typ: 'at+jwt', kid: 'rs' },
      });
      for (const token of [minted(), signed(header, good), rs]) {
        expect(verdict(token)).to.equal('accepted');
        const others = respelled(token);
        expect(others).not.to.be.empty;
        for (const other of others) expect(verdict(other), other).to.equal('ERR_TOKEN_INVALID');
      }
    });

    it('refuses the mirrored signature of ES256', () => {
      for (let serial = 1; serial <= 20; serial += 1) {
        const token = minted(serial);
        expect(verdict(token)).to.equal('accepted');
        expect(verdict(mirrored(token))).to.equal('ERR_TOKEN_INVALID');
      }
    });

    it('accepts both forms of a signature from before this rule, when half of all had the other form', () => {
      const old = jwt.sign(good, ec.privateKey, { header: { alg: 'ES256', typ: 'at+jwt', kid: 'es' } });
      expect([verdict(old), verdict(mirrored(old))]).to.deep.equal(['accepted', 'accepted']);
    });
  });

  const { iss: _iss, ...withoutIssuer } = good;
  const { aud: _aud, ...withoutAudience } = good;
  const { sub: _sub, ...withoutSubject } = good;
  const { jti: _jti, ...withoutId } = good;
  const { exp: _exp, ...withoutExpiry } = good;
  const afterwards: Record<string, string> = {
    'another audience': signed(header, { ...good, aud: 'https://other.example' }),
    'no audience': signed(header, withoutAudience),
    'another issuer': signed(header, { ...good, iss: 'https://evil.example' }),
    'no issuer': signed(header, withoutIssuer),
    'no subject': signed(header, withoutSubject),
    'a subject that is no text': signed(header, { ...good, sub: { toString: 'alice' } }),
    'no id': signed(header, withoutId),
    'no expiry': signed(header, withoutExpiry),
    'an expiry that is no number': signed(header, { ...good, exp: String(good.exp) }),
    'no time of issue': signed(header, { ...good, iat: undefined }),
    'a time before which it must not be used': signed(header, { ...good, nbf: iat + 60 }),
    'a serial that is a text': signed(header, { ...good, serial: '1' }),
    'a serial below 1': signed(header, { ...good, serial: 0 }),
    'a serial that is no whole number': signed(header, { ...good, serial: 1.5 }),
    'a serial that is too large to count on': signed(header, { ...good, serial: 2 ** 53 }),
    'a serial that is null': signed(header, { ...good, serial: null }),
    'a client that is no text': signed(header, { ...good, client_id: 7 }),
    'a payload that is a text': signed(header, '"alice"'),
    'a signature by another secret': signed(header, good, 'another secret of thirty-two bytes!!'),
    'no signature': `${encode(header)}.${encode(good)}.`,
    'the payload of another token': [
      ...signed(header, { ...good, sub: 'admin' }).split('.', 2),
      signed(header, good).split('.')[2],
    ].join('.'),
  };
  for (const [name, token] of Object.entries(afterwards)) {
    it(`refuses ${name}`, () => {
      expect(setUp().verdict(token)).to.equal('ERR_TOKEN_INVALID');
    });
  }

  it('refuses an expired token with its own code', () => {
    expect(setUp().verdict(signed(header, { ...good, exp: iat }))).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('refuses a cached token exactly at its expiry', () => {
    const setup = setUp();
    const token = signed(header, good);
    setup.clock = good.exp * 1000 - 1;
    expect([setup.verdict(token), setup.verdict(token)]).to.deep.equal(['accepted', 'accepted']);
    setup.clock += 1;
    expect(setup.verdict(token)).to.equal('ERR_TOKEN_EXPIRED');
    expect(setup.checks).to.equal(1);
  });

  it('does not cache refused tokens', () => {
    const setup = setUp();
    const forged = signed(header, good, 'another secret of thirty-two bytes!!');
    setup.verdict(forged);
    expect(setup.verdict(forged)).to.equal('ERR_TOKEN_INVALID');
    expect(setup.checks).to.equal(2);
  });
});
