// The user code, which the device shows and the user types into a browser (RFC 8628 §6.1).
import { randomInt } from 'node:crypto';
import type { KeyRing } from '../tokens/key-ring.js';

// The alphabet has no vowels, so that codes do not form words. The alphabet has no digits, because some digits look
// like letters. There are 20^8 codes, which is about 34.5 bits.
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** Returns a new code as the device shows it, such as `WDJB-MJHT`. */
export function newUserCode(): string {
  const plain = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}

/**
 * Returns the eight letters of a typed code in upper case. Ignores case and punctuation. Returns `undefined` when the
 * text is not a code.
 */
export function parsedUserCode(text: string): string | undefined {
  // Long text is refused before it is parsed, although only logged-in users send user codes.
  if (text.length > 64) return undefined;
  const plain = text
    .normalize('NFKC')
    .replace(/[\s\p{P}\p{S}\p{Cf}]/gu, '')
    .toUpperCase();
  return plain.length === length && [...plain].every((letter) => alphabet.includes(letter)) ? plain : undefined;
}

/**
 * Returns the key under which the shared state stores the pairing with this user code. This key is derived from a key
 * in the key ring, so that a reader of the shared state does not learn the user codes.
 * @returns `undefined` when the key ring has no such key
 */
export function userCodeKey(keys: KeyRing, kid: string, plain: string): string | undefined {
  const digest = keys.derive(kid, `latchkey/pairing/v1/user-code/${plain}`, 16)?.toString('base64url');
  return digest && `pairing-user-code:${digest}`;
}
