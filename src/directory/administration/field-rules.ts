// Checks the names and texts that functions are given, by the rules for texts.
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

/** Whether this can be a role: 1–64 characters in NFC, letters, digits and `._:/@-`, beginning with one of the former. */
export function isRoleName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    nameFault(value, textLimits.role) === undefined &&
    roleName.test(value) &&
    !reserved.has(value)
  );
}

/** Whether this can be a group in a mapping: what the proxy can assert, or a pattern. 1–512 characters. */
export function isGroupName(value: unknown): value is string {
  return typeof value === 'string' && groupFault(value) === undefined;
}

/** The roles as a sorted set. Throws `ERR_ROLE_NAME` for an empty list or an unusable name. */
export function checkRoles(roles: readonly string[]): readonly string[] {
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every(isRoleName)) throw new LatchkeyError('ERR_ROLE_NAME');
  return sortedSet(roles);
}

/** The group itself. Throws `ERR_GROUP_NAME` for an unusable name. */
export function checkGroup(group: string): string {
  if (!isGroupName(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/** The group of a mapping that is there already, whatever the rules were when it was made. Throws `ERR_GROUP_NAME`. */
export function checkKnownGroup(group: string): string {
  if (typeof group !== 'string' || !isQuestion(group)) throw new LatchkeyError('ERR_GROUP_NAME');
  return group;
}

/** The subject of a new user, 1–255 characters. Throws `ERR_SUBJECT_INVALID`. */
export function checkSubject(subject: string): string {
  if (typeof subject !== 'string' || subjectFault(subject) !== undefined)
    throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/** The subject of somebody who may be there already, whatever the rules were then. Throws `ERR_SUBJECT_INVALID`. */
export function checkKnownSubject(subject: string): string {
  if (typeof subject !== 'string' || !isQuestion(subject)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/** The device's name without blanks around it, in NFC, 1–64 characters. Throws `ERR_DEVICE_NAME`. */
export function checkDeviceName(name: string): string {
  return label(name, textLimits.deviceName, 'ERR_DEVICE_NAME');
}

/** The display name without blanks around it, in NFC, 1–255 characters. Throws `ERR_USER_PROFILE`. */
export function checkDisplayName(name: string): string {
  return label(name, textLimits.displayName, 'ERR_USER_PROFILE');
}

/** The e-mail address itself, 1–255 characters. Throws `ERR_USER_PROFILE`. */
export function checkEmail(email: string): string {
  if (typeof email !== 'string' || emailFault(email) !== undefined) throw new LatchkeyError('ERR_USER_PROFILE');
  return email;
}

/** What people write down about a mapping, without blanks around it, 1–500 characters. Throws `ERR_MAPPING_NOTE`. */
export function checkNote(note: string): string {
  return label(note, textLimits.note, 'ERR_MAPPING_NOTE');
}

/** An address as people see it, 1–64 characters. Throws `ERR_CONFIG`: it is never what a client sent. */
export function checkAddress(address: string): string {
  if (typeof address === 'string' && isQuestion(address, 64)) return address;
  throw new LatchkeyError('ERR_CONFIG', { detail: 'by.address: expected 1–64 characters, saw something else.' });
}

/** A text to search by, 1–255 characters, in NFC as labels are kept. Throws `ERR_QUERY`. */
export function checkSearch(search: string): string {
  if (typeof search !== 'string' || !isQuestion(search, textLimits.search)) throw new LatchkeyError('ERR_QUERY');
  return search.normalize('NFC');
}

/** How many a page has, 1–1,000. Throws `ERR_PAGE`. */
export function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new LatchkeyError('ERR_PAGE');
  return limit;
}

/** Unique values in the order of their UTF-16 code units: the order that every list of groups and roles has. */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort();
}

function label(text: string, limit: number, code: ErrorCode): string {
  const read: ReadLabel = typeof text === 'string' ? readLabel(text, limit) : { fault: 'empty' };
  if ('fault' in read) throw new LatchkeyError(code);
  return read.label;
}
