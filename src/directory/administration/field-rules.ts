// Checks the names and texts that API functions receive, by the text rules.
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
 * Whether the value is a valid role name: 1–64 characters in NFC, letters, digits and `._:/@-`, starting with a letter
 * or a digit.
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
 * Whether the value is a valid group of a mapping: a group that the proxy can assert, or a pattern. 1–512 characters.
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
 * Returns the group unchanged.
 *
 * @throws {LatchkeyError} `ERR_GROUP_NAME` when the name is invalid.
 */
export function checkGroup(group: string): string {
  if (!isGroupName(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/**
 * Returns the group of an existing mapping unchanged. Also accepts names that the rules of older versions accepted.
 *
 * @throws {LatchkeyError} `ERR_GROUP_NAME` when no mapping can have this group.
 */
export function checkKnownGroup(group: string): string {
  if (typeof group !== 'string' || !isQuestion(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/**
 * Returns the subject of a new user, 1–255 characters.
 *
 * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the subject is invalid.
 */
export function checkSubject(subject: string): string {
  if (typeof subject !== 'string' || subjectFault(subject) !== undefined)
    throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/**
 * Returns the subject of a user who may exist already. The check allows subjects that earlier rules allowed.
 *
 * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when no user can have this subject.
 */
export function checkKnownSubject(subject: string): string {
  if (typeof subject !== 'string' || !isQuestion(subject)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/**
 * Returns the device's name without surrounding blanks, in NFC, 1–64 characters.
 *
 * @throws {LatchkeyError} `ERR_DEVICE_NAME` when the name is invalid.
 */
export function checkDeviceName(name: string): string {
  return label(name, textLimits.deviceName, 'ERR_DEVICE_NAME');
}

/**
 * Returns the display name without surrounding blanks, in NFC, 1–255 characters.
 *
 * @throws {LatchkeyError} `ERR_USER_PROFILE` when the name is invalid.
 */
export function checkDisplayName(name: string): string {
  return label(name, textLimits.displayName, 'ERR_USER_PROFILE');
}

/**
 * Returns the e-mail address unchanged, 1–255 characters.
 *
 * @throws {LatchkeyError} `ERR_USER_PROFILE` when the address is invalid.
 */
export function checkEmail(email: string): string {
  if (typeof email !== 'string' || emailFault(email) !== undefined) throw new LatchkeyError('ERR_USER_PROFILE');
  return email;
}

/**
 * Returns the note of a mapping without surrounding blanks, 1–500 characters.
 *
 * @throws {LatchkeyError} `ERR_MAPPING_NOTE` when the note is invalid.
 */
export function checkNote(note: string): string {
  return label(note, textLimits.note, 'ERR_MAPPING_NOTE');
}

/**
 * Returns an address for display, 1–64 characters.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the address is invalid. The host passes it, never a client.
 */
export function checkAddress(address: string): string {
  if (typeof address === 'string' && isQuestion(address, 64)) return address;
  throw new LatchkeyError('ERR_CONFIG', { detail: 'by.address: expected 1–64 characters, saw something else.' });
}

/**
 * Returns a search text in NFC, as labels are stored, 1–255 characters.
 *
 * @throws {LatchkeyError} `ERR_QUERY` when the text is invalid.
 */
export function checkSearch(search: string): string {
  if (typeof search !== 'string' || !isQuestion(search, textLimits.search)) throw new LatchkeyError('ERR_QUERY');
  return search.normalize('NFC');
}

/** Returns the unique values in the order of their UTF-16 code units. Every list of groups and roles has this order. */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort();
}

function label(text: string, limit: number, code: ErrorCode): string {
  const read: ReadLabel = typeof text === 'string' ? readLabel(text, limit) : { fault: 'empty' };
  if ('fault' in read) throw new LatchkeyError(code);
  return read.label;
}
