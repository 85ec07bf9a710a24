// The key ring: validation of keys and derivation of secrets.
import { createSecretKey, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { keyRing, type SigningKey } from '../../src/tokens/key-ring.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

const secret = 'a secret of at least thirty-two bytes';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function refusal(keys: unknown): LatchkeyError {
  try {
    keyRing(keys as SigningKey[]);
  } catch (error) {
    expect(error).to.be.instanceOf(LatchkeyError);
    expect((error as LatchkeyError).code).to.equal('ERR_CONFIG');
    return error as LatchkeyError;
  }
  throw new Error('was accepted');
}

describe('key ring', () => {
  it('signs with the first key and finds all keys', () => {
    const ring = keyRing([
      { kid: 'new', secret },
      { kid: 'old', privateKey: ec },
    ]);
    expect(ring.current.kid).to.equal('new');
    expect(ring.find('old')?.kid).to.equal('old');
    expect(ring.find('other')).to.equal(undefined);
    expect(ring.find('__proto__')).to.equal(undefined);
  });

  it('determines the algorithm by the kind of key', () => {
    expect(keyRing([{ kid: 'k', secret }]).current.algorithm).to.equal('HS256');
    expect(keyRing([{ kid: 'k', secret: Buffer.alloc(32, 7) }]).current.algorithm).to.equal('HS256');
    expect(keyRing([{ kid: 'k', secret: createSecretKey(Buffer.alloc(32, 7)) }]).current.algorithm).to.equal('HS256');
    expect(keyRing([{ kid: 'k', privateKey: rsa }]).current.algorithm).to.equal('RS256');
    const pem = ec.export({ type: 'pkcs8', format: 'pem' });
    expect(keyRing([{ kid: 'k', privateKey: pem }]).current.algorithm).to.equal('ES256');
  });

  it('refuses an empty list, a missing list and entries without a usable kid', () => {
    for (const keys of [
      [],
      undefined,
      'x',
      [undefined],
      [{ secret }],
      [{ kid: '', secret }],
      [{ kid: 'a b', secret }],
    ]) {
      refusal(keys);
    }
  });

  it('refuses the same kid twice', () => {
    expect(
      refusal([
        { kid: 'k', secret },
        { kid: 'k', privateKey: ec },
      ]).message,
    ).to.contain('twice');
  });

  it('refuses an entry with both kinds of key or none', () => {
    refusal([{ kid: 'k' }]);
    refusal([{ kid: 'k', secret, privateKey: ec }]);
  });

  it('refuses secrets below 32 bytes, and reports the length but not the secret', () => {
    const { message } = refusal([{ kid: 'k', secret: 'x'.repeat(31) }]);
    expect(message).to.contain('31 bytes').and.not.contain('xxx');
    refusal([{ kid: 'k', secret: '' }]);
    refusal([{ kid: 'k', secret: undefined }]);
    refusal([{ kid: 'k', secret: 12 }]);
  });

  it('refuses a PEM as a secret', () => {
    expect(refusal([{ kid: 'k', secret: rsa.export({ type: 'pkcs8', format: 'pem' }) }]).message).to.contain('PEM');
    refusal([{ kid: 'k', secret: ec }]);
  });

  it('refuses public keys, short RSA, other curves and other kinds as private key', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    refusal([{ kid: 'k', privateKey: pair.publicKey }]);
    refusal([{ kid: 'k', privateKey: pair.publicKey.export({ type: 'spki', format: 'pem' }) }]);
    refusal([{ kid: 'k', privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }]);
    refusal([{ kid: 'k', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey }]);
    refusal([{ kid: 'k', privateKey: generateKeyPairSync('ed25519').privateKey }]);
    refusal([{ kid: 'k', privateKey: 'nothing' }]);
    refusal([{ kid: 'k', privateKey: createSecretKey(Buffer.alloc(32)) }]);
  });

  it('derives secrets with HKDF-SHA-256, different for each purpose and key', () => {
    const ring = keyRing([
      { kid: 'a', secret },
      { kid: 'b', privateKey: rsa },
    ]);
    const expected = Buffer.from(hkdfSync('sha256', secret, 'latchkey/derive/v1', 'one', 32));
    expect(ring.derive('a', 'one', 32)).to.deep.equal(expected);
    const derived = [ring.derive('a', 'two', 32), ring.derive('b', 'one', 32), expected];
    expect(new Set(derived.map((bytes) => bytes?.toString('hex'))).size).to.equal(3);
    expect(ring.derive('c', 'one', 32)).to.equal(undefined);
  });

  it('derives the same secrets from one private key in two encodings', () => {
    const sec1 = ec.export({ type: 'sec1', format: 'pem' });
    const pkcs8 = ec.export({ type: 'pkcs8', format: 'pem' });
    const derived = [sec1, pkcs8].map((privateKey) => keyRing([{ kid: 'k', privateKey }]).derive('k', 'one', 16));
    expect(derived[0]).to.deep.equal(derived[1]);
  });
});
