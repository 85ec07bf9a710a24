// Reads header values by the text rules, and returns an error code for each invalid value.
import type { ErrorCode } from '../vocabulary/errors.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import {
  emailFault,
  groupFault,
  readLabel,
  subjectFault,
  type TextFault,
  textLimits,
} from '../vocabulary/text-rules.js';
import { decodeText, isPlaceholder, type TextEncoding } from './encodings.js';

/** A value, or the error code that says why the value is left out. */
export type Reading<Value> = { readonly value: Value } | { readonly code: ErrorCode };

/**
 * Throws if the text cannot be a subject.
 *
 * @throws {LatchkeyError} `ERR_HEADER_TOO_LONG`, `ERR_HEADER_CONTROL`, `ERR_HEADER_PLACEHOLDER`, or
 * `ERR_SUBJECT_INVALID` for any other fault.
 */
export function refuseNoSubject(text: string): void {
  const code = codeOf(text, subjectFault(text), 'ERR_SUBJECT_INVALID');
  if (code !== undefined) throw new LatchkeyError(code);
}

/** Reads a display name. An empty display name means that the user has none. */
export function readDisplayName(wire: string, encoding: TextEncoding): Reading<string> {
  return decodedThen(wire, encoding, (text) => {
    const read = readLabel(text, textLimits.displayName);
    const { name, fault } = 'label' in read ? { name: read.label } : { name: text, fault: read.fault };
    const code = codeOf(name, fault, 'ERR_USER_PROFILE');
    return code === undefined ? { value: name } : { code };
  });
}

/** Reads an email address. An empty email address means that the user has none. */
export function readEmail(wire: string, encoding: TextEncoding): Reading<string> {
  return decodedThen(wire, encoding, (text) => {
    const code = codeOf(text, emailFault(text), 'ERR_USER_PROFILE');
    return code === undefined ? { value: text } : { code };
  });
}

/** Reads the name of one group. */
export function readGroup(text: string): Reading<string> {
  const code = codeOf(text, groupFault(text), 'ERR_GROUP_NAME');
  return code === undefined ? { value: text } : { code };
}

function decodedThen(wire: string, encoding: TextEncoding, read: (text: string) => Reading<string>): Reading<string> {
  try {
    const text = decodeText(wire, encoding);
    return text === '' ? { value: text } : read(text);
  } catch (error) {
    if (error instanceof LatchkeyError) return { code: error.code };
    throw error;
  }
}

function codeOf(text: string, fault: TextFault | undefined, otherwise: ErrorCode): ErrorCode | undefined {
  if (fault === 'too-long') return 'ERR_HEADER_TOO_LONG';
  if (fault === 'control') return 'ERR_HEADER_CONTROL';
  if (isPlaceholder(text)) return 'ERR_HEADER_PLACEHOLDER';
  return fault === undefined ? undefined : otherwise;
}
