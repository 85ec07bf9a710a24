// The pairing code, which the user reads in the browser and types into the app.
import { randomInt } from 'node:crypto';
import { generate } from 'otplib';
import type { KeyRing } from '../tokens/key-ring.js';
import { equal } from './equal.js';
import { pairingSecret, type SecretSource } from './secrets.js';

/** Every `CodeFormat`. */
export const codeFormats = ['base32', 'digits'] as const;

/**
 * The format of pairing codes. The locator of a code identifies the pairing, and the proof is the secret part.
 * - `base32`: `LLLL-CCCC-CCCC` in Crockford's alphabet, with a locator of 20 bits and a proof of 39.9 bits.
 * - `digits`: `dddd-dddd-dddd` for numeric keypads, with a locator of 4 digits and a proof of 8 digits.
 *
 * With five tries and two accepted time steps, an attacker guesses the code of a pairing with a probability of 1e-11
 * (`base32`) or 1e-7 (`digits`). If 100,000 pairings a year are attacked, the expected number of takeovers a year is
 * 1e-6 with `base32`, and 1e-2 with `digits`. This number does not depend on the number of the attacker's addresses. A
 * locator is in use for 15 minutes, so `digits` supports about 10 pairings a second. An attacker can end all pairings
 * with five wrong tries at every locator. Such an attack takes 50,000 tries with `digits`, and five million with
 * `base32`. Prefer `base32` wherever users can type letters.
 */
export type CodeFormat = (typeof codeFormats)[number];

/** The parts of a code. */
export interface ParsedCode {
  readonly locator: string;
  readonly proof: string;
}

/** Creates, parses and checks codes of one format. */
export interface Codes {
  /** Returns a random locator. A locator identifies a pairing, but it is not a secret. */
  locator(): string;
  /**
   * Returns the code of the time step at `now` (milliseconds since the epoch), or `undefined` if the key ring no longer
   * contains the pairing's key.
   */
  code(pairing: SecretSource & { readonly locator: string }, now: number): Promise<string | undefined>;
  /** Parses a typed code. Returns `undefined` if the text cannot be a code. */
  parse(text: string): ParsedCode | undefined;
  /**
   * Resolves to `true` if the proof is correct for the time step at `now` or for the previous time step. Takes constant
   * time.
   */
  matches(pairing: SecretSource, proof: string, now: number): Promise<boolean>;
}

/**
 * The number of seconds for which the browser shows a code. After that, the code is accepted for the same number of
 * seconds again.
 */
export const stepSeconds = 60;

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const locatorLength = 4;
const proofLength = 8;

/** Returns the number of whole seconds (1 to 60) until the next code replaces the current one. */
export function stepEndsIn(now: number): number {
  return stepSeconds - (Math.floor(now / 1000) % stepSeconds);
}

/** Returns the TOTP of a time step, with SHA-256 (RFC 6238 §4.2). */
export async function totp(key: Uint8Array, digits: 6 | 8, step: number): Promise<string> {
  return generate({ secret: key, algorithm: 'sha256', digits, period: stepSeconds, epoch: step * stepSeconds });
}

/** Encodes two 6-digit numbers as 8 base32 characters. Eight characters are enough, because 10^12 is less than 2^40. */
export function pack(first: string, second: string): string {
  let rest = Number(first + second);
  let text = '';
  for (let index = 0; index < proofLength; index += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

type ProofKeys = readonly [first: Buffer, second: Buffer | undefined];

/** Creates the service for codes of the given format, with keys from the key ring. */
export function codes(keys: KeyRing, format: CodeFormat): Codes {
  const letters = format === 'digits' ? alphabet.slice(0, 10) : alphabet;

  function proofKeys(source: SecretSource): ProofKeys | undefined {
    const first = pairingSecret(keys, source, format === 'digits' ? 'digits' : 'code-1');
    return first && [first, format === 'digits' ? undefined : pairingSecret(keys, source, 'code-2')];
  }

  async function proof([first, second]: ProofKeys, step: number): Promise<string> {
    if (second === undefined) return totp(first, 8, step);
    return pack(await totp(first, 6, step), await totp(second, 6, step));
  }

  function locator(): string {
    return Array.from({ length: locatorLength }, () => letters.charAt(randomInt(letters.length))).join('');
  }

  async function code(pairing: SecretSource & { readonly locator: string }, now: number): Promise<string | undefined> {
    const derived = proofKeys(pairing);
    return derived && grouped(pairing.locator + (await proof(derived, stepOf(now))));
  }

  function parse(text: string): ParsedCode | undefined {
    const plain = normalised(text);
    const possible = plain.length === locatorLength + proofLength && [...plain].every((char) => letters.includes(char));
    return possible ? { locator: plain.slice(0, locatorLength), proof: plain.slice(locatorLength) } : undefined;
  }

  async function matches(pairing: SecretSource, given: string, now: number): Promise<boolean> {
    const derived = proofKeys(pairing);
    if (derived === undefined) return false;
    const current = await proof(derived, stepOf(now));
    const previous = await proof(derived, stepOf(now) - 1);
    // Both halves of the code are always checked, each in constant time. So the duration reveals nothing about them.
    return [equal(current, given), equal(previous, given)].includes(true);
  }

  return { locator, code, parse, matches };
}

function stepOf(now: number): number {
  return Math.floor(now / 1000 / stepSeconds);
}

function normalised(text: string): string {
  const plain = text.normalize('NFKC').replace(/[\s\p{Pd}\u2212]/gu, '');
  return plain.toUpperCase().replace(/[IL]/g, '1').replace(/O/g, '0');
}

function grouped(plain: string): string {
  return `${plain.slice(0, 4)}-${plain.slice(4, 8)}-${plain.slice(8)}`;
}
