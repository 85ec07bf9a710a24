// Builds the errors for invalid options. Each error names the expected value and the actual value.
import { LatchkeyError } from '../vocabulary/errors.js';
import { isOneOf } from '../vocabulary/words.js';

const shownLength = 80;

/**
 * Creates an `ERR_CONFIG` error that names the option, the expected value and the actual value. The error shows `seen`,
 * so `seen` must not be a secret.
 */
export function configError(option: string, expected: string, seen: unknown): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `${option}: expected ${expected}, saw ${shown(seen)}.` });
}

/**
 * Throws if `value` has an unknown key. Declare `known` as an `EveryMember`, so that no known key is missing.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `value` has a key that is not in `known`. The error suggests a known key
 * with a similar spelling.
 */
export function refuseUnknownKeys(option: string, value: object, known: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(known, key)) throw configError(option, `only ${choices(key, Object.keys(known))}`, key);
  }
}

/**
 * Checks that the value of an option is one of `words`, and returns the value.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `given` is not one of `words`. The error suggests a word with a similar
 * spelling.
 */
export function checkedWord<Word extends string>(option: string, words: readonly Word[], given: unknown): Word {
  if (isOneOf(words, given)) return given;
  throw configError(option, choices(String(given), words), given);
}

/** Lists the known words for an error message, and suggests the word that was probably meant. */
export function choices(seen: string, known: readonly string[]): string {
  const list = known.map((word) => `'${word}'`).join(', ');
  const guess = nearest(seen, known);
  return guess === undefined ? list : `${list} (did you mean '${guess}'?)`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return shown.length > shownLength ? `${shown.slice(0, shownLength)}…` : shown;
}

function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 3) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
