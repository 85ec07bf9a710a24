// Decides which asserted subjects may log in.
import { LatchkeyError } from '../vocabulary/errors.js';
import { configError } from './config-error.js';
import { refuseNoSubject } from './values.js';

// Letters and digits of any script, and what user names, e-mail addresses, LDAP names and identity providers' ids are made
// of; docs/names.md argues for each. A dollar sign stands at the end of an account of a computer.
const defaultPattern =
  /(?=.*[\p{L}\p{N}])[\p{L}\p{N}_+-](?:[\p{L}\p{M}\p{N}_.@+=|:/\\'’~#!-]|\u200c|\u200d|,(?!,|$)| (?! |$)|\$(?=@|$))*/u;

/**
 * Compiles the check of subjects against `pattern`, which always has to match the whole subject. The check throws
 * `ERR_SUBJECT_INVALID`, or what `refuseNoSubject` throws; the compilation throws `ERR_CONFIG`.
 */
export function subjectCheck(pattern: unknown): (subject: string) => void {
  const whole = wholeMatch(pattern === undefined ? defaultPattern : pattern);
  return (subject) => {
    refuseNoSubject(subject);
    if (!whole.test(subject)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
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
