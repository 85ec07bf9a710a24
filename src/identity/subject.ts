// Checks which asserted subjects may log in.
import { LatchkeyError } from '../vocabulary/errors.js';
import { lowerCased } from '../vocabulary/text-rules.js';
import type { SubjectCase } from '../vocabulary/words.js';
import { configError } from './config-error.js';
import { refuseNoSubject } from './values.js';

// Letters and digits of any script, and the characters of user names, email addresses, LDAP names and identity
// providers' ids; docs/names.md explains each. A dollar sign ends the account name of a computer.
const defaultPattern =
  /(?=.*[\p{L}\p{N}])[\p{L}\p{N}_+-](?:[\p{L}\p{M}\p{N}_.@+=|:/\\'’~#!-]|\u200c|\u200d|,(?!,|$)| (?! |$)|\$(?=@|$))*/u;

/**
 * Compiles the check of subjects against `pattern`, which must match the whole subject. The check returns the subject to
 * use. It throws `ERR_SUBJECT_INVALID`, or one of the codes of `refuseNoSubject`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `pattern` is not usable.
 */
export function subjectCheck(pattern: unknown, subjectCase: SubjectCase = 'exact'): (subject: string) => string {
  const whole = wholeMatch(pattern === undefined ? defaultPattern : pattern);
  const check = (subject: string): void => {
    refuseNoSubject(subject);
    if (!whole.test(subject)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  };
  return (subject) => {
    check(subject);
    const used = subjectCase === 'lower' ? lowerCased(subject) : subject;
    // In lower case, a letter and its mark can be one character in NFC.
    if (used !== subject) check(used);
    return used;
  };
}

function wholeMatch(pattern: unknown): RegExp {
  const expected = 'a regular expression without the flags g, y and m';
  if (!(pattern instanceof RegExp)) throw configError('subjectPattern', expected, pattern);
  // With the flag `g` or `y`, a pattern keeps its `lastIndex` from one request to the next. With m, it could match one line instead of the
  // whole.
  if (/[gym]/.test(pattern.flags)) throw configError('subjectPattern', expected, String(pattern));
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  if (whole.test(''))
    throw configError('subjectPattern', 'a pattern that an empty subject does not match', `${pattern}`);
  return whole;
}
