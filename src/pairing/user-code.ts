// The code that a device shows and somebody types into a browser (RFC 8628 §6.1).
import { randomInt } from 'node:crypto';
import type { KeyRing } from '../tokens/key-ring.js';

// No vowels, so that no words come about, and no digits that look like letters: 20^8, about 34.5 bits.
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** A new code, as it is shown: `WDJB-MJHT`. */
export function newUserCode(): string {
  const plain = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}

/** What somebody typed, in any case and with any punctuation, as the plain eight letters. `undefined`: it is no code. */
export function parsedUserCode(text: string): string | undefined {
  // Sent by our own users only, but long texts are still not worth taking apart.
  if (text.length > 64) return undefined;
  const plain = text
    .normalize('NFKC')
    .replace(/[\s\p{P}\p{S}\p{Cf}]/gu, '')
    .toUpperCase();
  return plain.length === length && [...plain].every((letter) => alphabet.includes(letter)) ? plain : undefined;
}

/**
 * The key that finds a pairing by its user code. Keyed by the ring, and as long as eight letters are worth: whoever
 * reads the shared state learns no code that is waiting. `undefined`: the ring has no such key.
 */
export function userCodeKey(keys: KeyRing, kid: string, plain: string): string | undefined {
  const digest = keys.derive(kid, `latchkey/pairing/v1/user-code/${plain}`, 16)?.toString('base64url');
  return digest && `pairing-user-code:${digest}`;
}
