// directory/: who is that here, and what may they do? Which names administrators may give.
import { LatchkeyError } from '../errors.js';

const roleName = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._:/@-]*$/u;
const controls = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const reserved: ReadonlySet<string> = new Set(['constructor', 'prototype']);

/** Whether this can be a role: 1–64 characters in NFC, letters, digits and `._:/@-`, beginning with one of the former. */
export function isRoleName(value: unknown): value is string {
  return typeof value === 'string' && isText(value, 64) && roleName.test(value) && !reserved.has(value);
}

/** Whether this can be a group in a mapping: 1–512 characters in NFC without control characters. */
export function isGroupName(value: unknown): value is string {
  return typeof value === 'string' && isText(value, 512);
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

/** The subject itself, 1–255 characters in NFC. Throws `ERR_SUBJECT_INVALID`. */
export function checkSubject(subject: string): string {
  if (typeof subject !== 'string' || !isText(subject, 255)) throw new LatchkeyError('ERR_SUBJECT_INVALID');
  return subject;
}

/** The device's name without surrounding spaces, 1–64 characters. Throws `ERR_DEVICE_NAME`. */
export function checkDeviceName(name: string): string {
  const trimmed = typeof name === 'string' ? name.trim().normalize('NFC') : '';
  if (!isText(trimmed, 64)) throw new LatchkeyError('ERR_DEVICE_NAME');
  return trimmed;
}

/** A display name or an e-mail address, 1–320 characters. Throws `ERR_USER_PROFILE`. */
export function checkProfile(value: string): string {
  if (typeof value !== 'string' || !isText(value, 320)) throw new LatchkeyError('ERR_USER_PROFILE');
  return value;
}

/** What people write down about a mapping, without surrounding spaces, 1–500 characters. Throws `ERR_MAPPING_NOTE`. */
export function checkNote(note: string): string {
  const trimmed = typeof note === 'string' ? note.trim().normalize('NFC') : '';
  if (!isText(trimmed, 500)) throw new LatchkeyError('ERR_MAPPING_NOTE');
  return trimmed;
}

/** An address as people see it, 1–64 characters. Throws `ERR_CONFIG`: it is never what a client sent. */
export function checkAddress(address: string): string {
  if (typeof address === 'string' && isText(address, 64)) return address;
  throw new LatchkeyError('ERR_CONFIG', { detail: 'by.address: saw something else, expected 1–64 characters.' });
}

/** A text to search or filter by, 1–255 characters. Throws `ERR_QUERY`. */
export function checkSearch(search: string): string {
  if (typeof search !== 'string' || !isText(search.normalize('NFC'), 255)) throw new LatchkeyError('ERR_QUERY');
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

function isText(value: string, limit: number): boolean {
  return value.length > 0 && [...value].length <= limit && value === value.normalize('NFC') && !controls.test(value);
}
