// Checks which asserted subjects may log in.
import { LatchkeyError } from '../vocabulary/errors.js';
import { lowerCased } from '../vocabulary/text-rules.js';
import type { SubjectCase } from '../vocabulary/words.js';
import { configError } from './config-error.js';
import { refuseNoSubject } from './values.js';

// The default pattern accepts letters and digits of any script, and the punctuation that occurs in user names, email
// addresses, LDAP names and ids of identity providers. docs/names.md explains each character. The account name of a
// computer ends with a dollar sign.
const defaultPattern =
  /(?=.*[\p{L}\p{N}])[\p{L}\p{N}_+-](?:[\p{L}\p{M}\p{N}_.@+=|:/\\'’~#!-]|\u200c|\u200d|,(?!,|$)| (?! |$)|\$(?=@|$))*/u;

/**
 * Compiles the check of subjects. The check throws `ERR_SUBJECT_INVALID` if `pattern` does not match the whole subject.
 * The check also refuses the subjects that `refuseNoSubject` refuses. The check returns the subject, in lower case if
 * `subjectCase` is `'lower'`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `pattern` is invalid.
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
    // The lower-case subject is checked again, because NFC can combine a lower-case letter and a mark into one
    // character.
    if (used !== subject) check(used);
    return used;
  };
}

function wholeMatch(pattern: unknown): RegExp {
  const expected = 'a regular expression without the flags g, y and m';
  if (!(pattern instanceof RegExp)) throw configError('subjectPattern', expected, pattern);
  // With the flag `g` or `y`, a pattern keeps its `lastIndex` from one request to the next. With the flag `m`, a
  // pattern could match a single line instead of the whole subject.
  if (/[gym]/.test(pattern.flags)) throw configError('subjectPattern', expected, String(pattern));
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  if (whole.test(''))
    throw configError('subjectPattern', 'a pattern that an empty subject does not match', `${pattern}`);
  return whole;
}
