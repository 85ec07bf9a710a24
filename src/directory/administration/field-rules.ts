// Checks names and other text that callers pass to API functions, using the rules in vocabulary/text-rules.ts.
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import {
  emailFault,
  groupFault,
  isQuestion,
  nameFault,
  type ReadLabel,
  readLabel,
  subjectFault,
  textLimits,
} from '../../vocabulary/text-rules.js';

const roleName = /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}._:/@-]|\u200c|\u200d)*$/u;
const reserved: ReadonlySet<string> = new Set(['constructor', 'prototype']);

/**
 * Returns whether the value is a valid role name. A role name is in Unicode NFC, has 1–64 characters and begins with a
 * letter or digit. It contains only letters, digits and these characters: `._:/@-`
 */
export function isRoleName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    nameFault(value, textLimits.role) === undefined &&
    roleName.test(value) &&
    !reserved.has(value)
  );
}

/**
 * Returns whether a mapping can have this group. The group of a mapping has 1–512 characters. It is either a group that
 * the proxy can assert, or a pattern.
 */
export function isGroupName(value: unknown): value is string {
  return typeof value === 'string' && groupFault(value) === undefined;
}

/**
 * Returns the roles as a sorted set.
 *
 * @throws {LatchkeyError} `ERR_ROLE_NAME` when the list is empty or a name is invalid.
 */
export function checkRoles(roles: readonly string[]): readonly string[] {
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every(isRoleName)) throw new LatchkeyError('ERR_ROLE_NAME');
  return sortedSet(roles);
}

/**
 * Checks the group of a mapping and returns the group unchanged.
 *
 * @throws {LatchkeyError} `ERR_GROUP_NAME` when the name is invalid.
 */
export function checkGroup(group: string): string {
  if (!isGroupName(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/**
 * Checks the group of an existing mapping and returns the group unchanged. Also accepts groups that only older versions
 * of Latchkey allowed.
 *
 * @throws {LatchkeyError} `ERR_GROUP_NAME` when no mapping can have this group.
 */
export function checkKnownGroup(group: string): string {
  if (typeof group !== 'string' || !isQuestion(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/**
 * Checks the subject of a new user (1–255 characters) and returns it unchanged.
 *
 * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the subject is invalid.
 */
export function checkSubject(subject: string): string {
  if (typeof subject !== 'string' || subjectFault(subject) !== undefined)
    throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/**
 * Checks the subject of a user who might already exist, and returns it unchanged. Also accepts subjects that only older
 * versions of Latchkey allowed.
 *
 * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when no user can have this subject.
 */
export function checkKnownSubject(subject: string): string {
  if (typeof subject !== 'string' || !isQuestion(subject)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/**
 * Checks the name of a device (1–64 characters). Returns the name in Unicode NFC, without surrounding white space.
 *
 * @throws {LatchkeyError} `ERR_DEVICE_NAME` when the name is invalid.
 */
export function checkDeviceName(name: string): string {
  return label(name, textLimits.deviceName, 'ERR_DEVICE_NAME');
}

/**
 * Checks a display name (1–255 characters). Returns the name in Unicode NFC, without surrounding white space.
 *
 * @throws {LatchkeyError} `ERR_USER_PROFILE` when the name is invalid.
 */
export function checkDisplayName(name: string): string {
  return label(name, textLimits.displayName, 'ERR_USER_PROFILE');
}

/**
 * Checks an e-mail address (1–255 characters) and returns it unchanged.
 *
 * @throws {LatchkeyError} `ERR_USER_PROFILE` when the address is invalid.
 */
export function checkEmail(email: string): string {
  if (typeof email !== 'string' || emailFault(email) !== undefined) throw new LatchkeyError('ERR_USER_PROFILE');
  return email;
}

/**
 * Checks the note of a mapping (1–500 characters). Returns the note in Unicode NFC, without surrounding white space.
 *
 * @throws {LatchkeyError} `ERR_MAPPING_NOTE` when the note is invalid.
 */
export function checkNote(note: string): string {
  return label(note, textLimits.note, 'ERR_MAPPING_NOTE');
}

/**
 * Checks an address (1–64 characters) and returns it unchanged. The address is only displayed.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the address is invalid. The address comes from the host, never from a
 *   client.
 */
export function checkAddress(address: string): string {
  if (typeof address === 'string' && isQuestion(address, 64)) return address;
  throw new LatchkeyError('ERR_CONFIG', { detail: 'by.address: expected 1–64 characters, saw something else.' });
}

/**
 * Checks the text of a search (1–255 characters). Returns the text in Unicode NFC, the form in which labels are stored.
 *
 * @throws {LatchkeyError} `ERR_QUERY` when the text is invalid.
 */
export function checkSearch(search: string): string {
  if (typeof search !== 'string' || !isQuestion(search, textLimits.search)) throw new LatchkeyError('ERR_QUERY');
  return search.normalize('NFC');
}

/**
 * Returns the values as a sorted set: without duplicates, in the order of their UTF-16 code units. Every list of groups
 * or roles is a sorted set.
 */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort();
}

function label(text: string, limit: number, code: ErrorCode): string {
  const read: ReadLabel = typeof text === 'string' ? readLabel(text, limit) : { fault: 'empty' };
  if ('fault' in read) throw new LatchkeyError(code);
  return read.label;
}
