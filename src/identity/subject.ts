// Checks whether an asserted subject may log in.
import { LatchkeyError } from '../vocabulary/errors.js';
import { lowerCased } from '../vocabulary/text-rules.js';
import type { SubjectCase } from '../vocabulary/words.js';
import { configError } from './config-error.js';
import { refuseNoSubject } from './values.js';

// The default pattern accepts letters and digits of any script, and the punctuation that occurs in user names, email
// addresses, LDAP names and ids of identity providers. docs/names.md explains each character. A dollar sign may end a
// name, because the account names of computers end with a dollar sign.
const defaultPattern =
  /(?=.*[\p{L}\p{N}])[\p{L}\p{N}_+-](?:[\p{L}\p{M}\p{N}_.@+=|:/\\'’~#!-]|\u200c|\u200d|,(?!,|$)| (?! |$)|\$(?=@|$))*/u;

/**
 * Creates the function that checks subjects. It throws `ERR_SUBJECT_INVALID` if `pattern` does not match the whole
 * subject. It also refuses every subject that `refuseNoSubject` refuses. Otherwise it returns the subject, in lower
 * case if `subjectCase` is `'lower'`.
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
    // The lower-case subject is checked again. NFC might have combined a letter and a mark into a character that the
    // pattern does not match.
    if (used !== subject) check(used);
    return used;
  };
}

function wholeMatch(pattern: unknown): RegExp {
  const expected = 'a regular expression without the flags g, y and m';
  if (!(pattern instanceof RegExp)) throw configError('subjectPattern', expected, pattern);
  // A pattern with the flag `g` or `y` would keep its `lastIndex` from one request to the next. A pattern with the flag
  // `m` could match a single line instead of the whole subject.
  if (/[gym]/.test(pattern.flags)) throw configError('subjectPattern', expected, String(pattern));
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  if (whole.test(''))
    throw configError('subjectPattern', 'a pattern that an empty subject does not match', `${pattern}`);
  return whole;
}
