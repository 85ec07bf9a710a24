// The key ring, whose keys sign API tokens. The secrets of pairings are derived from the same keys.
import { createPrivateKey, createPublicKey, createSecretKey, hkdfSync, KeyObject } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/**
 * A key that signs and verifies API tokens. The key is a shared secret of at least 32 bytes (HS256), a private key on
 * curve P-256 (ES256), or a private RSA key of at least 2,048 bits (RS256). Pass a private key as PEM or as a
 * `KeyObject`. If a secret is a string, the key consists of the UTF-8 bytes of the string.
 */
export type SigningKey =
  | { readonly kid: string; readonly secret: string | Buffer | KeyObject }
  | { readonly kid: string; readonly privateKey: string | Buffer | KeyObject };

/**
 * A validated key. The algorithm depends only on the kind of key, and never on the header of a token (RFC 8725 §3.1).
 */
export interface RingKey {
  readonly kid: string;
  readonly algorithm: 'HS256' | 'ES256' | 'RS256';
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
}

/** The keys in use. One key signs tokens, and all keys verify tokens. So a key rotation does not log out any device. */
export interface KeyRing {
  /** The key that signs tokens. The secrets of new pairings are derived from the same key. */
  readonly current: RingKey;
  /** The ids of all keys, beginning with the current key. */
  readonly kids: readonly string[];
  find(kid: string): RingKey | undefined;
  /**
   * Derives `length` bytes for one purpose (`info`) from the key with the id `kid`, by HKDF-SHA-256 (RFC 5869).
   * @returns `undefined` when the ring does not contain this key
   */
  derive(kid: string, info: string, length: number): Buffer | undefined;
}

const minimumSecretBytes = 32;
const minimumRsaBits = 2048;
const kidPattern = /^[A-Za-z0-9._-]{1,64}$/;
const derivationSalt = 'latchkey/derive/v1';

/**
 * Validates the keys and creates the ring. The first key signs tokens.
 * @throws {LatchkeyError} `ERR_CONFIG` when there are no keys, a `kid` is malformed or not unique, or a key is too
 * short or of an unsupported kind.
 */
export function keyRing(keys: readonly SigningKey[]): KeyRing {
  const ring = new Map<string, { key: RingKey; material: KeyObject }>();
  for (const given of Array.isArray(keys) ? (keys as readonly SigningKey[]) : []) {
    const entry = checked(given);
    if (ring.has(entry.key.kid))
      throw wrong(`tokens.keys has the kid "${entry.key.kid}" twice; each key needs its own kid.`);
    ring.set(entry.key.kid, entry);
  }
  const [first] = ring.values();
  if (first === undefined) throw wrong('tokens.keys is empty; expected at least one key such as { kid, secret }.');
  return {
    current: first.key,
    kids: [...ring.keys()],
    find: (kid) => ring.get(kid)?.key,
    derive(kid, info, length) {
      const entry = ring.get(kid);
      return entry && Buffer.from(hkdfSync('sha256', entry.material, derivationSalt, info, length));
    },
  };
}

function checked(given: SigningKey): { key: RingKey; material: KeyObject } {
  const kid: unknown = given?.kid;
  if (typeof kid !== 'string' || !kidPattern.test(kid)) {
    throw wrong('tokens.keys has an entry with an invalid kid; expected 1 to 64 characters from A-Z a-z 0-9 . _ -');
  }
  if ('secret' in given === 'privateKey' in given) {
    throw wrong(`The key "${kid}" must have either a secret or a privateKey.`);
  }
  return 'secret' in given ? fromSecret(kid, given.secret) : fromPrivateKey(kid, given.privateKey);
}

function fromSecret(kid: string, given: unknown): { key: RingKey; material: KeyObject } {
  const secret = secretKey(given);
  if (secret === undefined || secret.type !== 'secret') {
    throw wrong(`The secret of key "${kid}" must be a string, Buffer or secret KeyObject.`);
  }
  // A pasted PEM document could be a public key, which must not become an HMAC secret (algorithm confusion).
  if (secret.export().includes('-----BEGIN ')) {
    throw wrong(`The secret of key "${kid}" is a PEM document; pass private keys as privateKey.`);
  }
  const size = secret.symmetricKeySize ?? 0;
  if (size < minimumSecretBytes) {
    throw wrong(`The secret of key "${kid}" has ${size} bytes; expected at least ${minimumSecretBytes} random bytes.`);
  }
  return { key: { kid, algorithm: 'HS256', signingKey: secret, verificationKey: secret }, material: secret };
}

function secretKey(given: unknown): KeyObject | undefined {
  if (given instanceof KeyObject) return given;
  if (typeof given === 'string') return createSecretKey(given, 'utf8');
  return given instanceof Uint8Array ? createSecretKey(given) : undefined;
}

function fromPrivateKey(kid: string, given: unknown): { key: RingKey; material: KeyObject } {
  const signingKey = privateKey(given);
  if (signingKey === undefined || signingKey.type !== 'private') {
    throw wrong(`The privateKey of key "${kid}" must be a private key without passphrase.`);
  }
  const algorithm = algorithmOf(signingKey);
  if (algorithm === undefined) {
    throw wrong(`The privateKey of key "${kid}" must be P-256, or RSA of at least ${minimumRsaBits} bits.`);
  }
  // Only the private value `d` of the key is used. So two instances derive the same secrets, even if their copies of
  // the key have different encodings.
  const material = createSecretKey(String(signingKey.export({ format: 'jwk' }).d), 'base64url');
  return { key: { kid, algorithm, signingKey, verificationKey: createPublicKey(signingKey) }, material };
}

function privateKey(given: unknown): KeyObject | undefined {
  if (given instanceof KeyObject) return given;
  try {
    return createPrivateKey(given as string | Buffer);
  } catch {
    // The cause is dropped: OpenSSL's messages do not help the reader, and they could leak the key.
    return undefined;
  }
}

function algorithmOf(key: KeyObject): 'ES256' | 'RS256' | undefined {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= minimumRsaBits) return 'RS256';
  return undefined;
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail });
}
