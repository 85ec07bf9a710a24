// identity/: who does the proxy say this is? Which names may stand for a person.
import { LatchkeyError } from '../errors.js';
import { configError } from './config-error.js';
import { checkText } from './encodings.js';

// Letters and digits of any script, and what user names, e-mail addresses and identity providers' ids are made of.
// Commas are not among them: proxies and Node join a repeated header with one.
const defaultPattern = /[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.@+=|:/\\'~#-]| (?! |$))*/u;

// Characters that show as nothing would make two people look the same.
const invisible = /\p{Default_Ignorable_Code_Point}/u;

const ascii = /^[\0-\x7f]*$/;

// Names that JavaScript objects bring along, and what scripts print for "nobody".
const reserved: ReadonlySet<string> = new Set(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'none', 'true', 'false'].map((name) =>
    name.toLowerCase(),
  ),
);

/**
 * Compiles the check of subjects against `pattern`, which always has to match the whole subject. The check throws
 * `ERR_SUBJECT_INVALID`, or what `checkText` throws; the compilation throws `ERR_CONFIG`.
 */
export function subjectCheck(pattern: unknown): (subject: string) => void {
  const whole = wholeMatch(pattern === undefined ? defaultPattern : pattern);
  return (subject) => {
    checkText(subject);
    const acceptable =
      whole.test(subject) && !reserved.has(subject.toLowerCase()) && (ascii.test(subject) || !invisible.test(subject));
    if (!acceptable) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  };
}

function wholeMatch(pattern: unknown): RegExp {
  const expected = 'a regular expression without the flags g, y and m';
  if (!(pattern instanceof RegExp)) throw configError('subjectPattern', expected, pattern);
  // g and y remember the last match from request to request; m would let one line stand for the whole.
  if (/[gym]/.test(pattern.flags)) throw configError('subjectPattern', expected, String(pattern));
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  if (whole.test(''))
    throw configError('subjectPattern', 'a pattern that an empty subject does not match', `${pattern}`);
  return whole;
}
