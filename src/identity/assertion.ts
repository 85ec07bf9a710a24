// Reads the identity headers of a request from its raw header fields.

import type { ErrorCode } from '../vocabulary/errors.js';
import type { Assertion, LeftOutField } from '../vocabulary/types.js';
import { decodeText, type TextEncoding } from './encodings.js';
import { type GroupsReading, parseGroups } from './groups.js';
import { type Classify, isIdentity } from './header-classes.js';
import type { HeaderPlan } from './presets.js';
import { type Reading, readDisplayName, readEmail } from './values.js';

/**
 * The identity headers of one request. The value of an absent header is `undefined`. The value of an empty header is
 * `''`.
 */
export interface IdentityHeaders {
  /**
   * True if the request has a non-empty identity header, a non-empty proxy secret, or an alias of either. Only the
   * proxy may send these. Any client may send an empty header, because an empty header asserts no user.
   */
  present: boolean;
  user: string | undefined;
  name: string | undefined;
  email: string | undefined;
  secret: string | undefined;
  /** The values of the groups header in order of arrival. The list is empty if the header is absent. */
  groups: string[];
  /** True if the request repeats a header that may occur only once. */
  duplicate: boolean;
  alias: boolean;
  /**
   * True if a `Connection` header names an identity header. Intermediaries remove the headers that `Connection` names.
   */
  nominated: boolean;
}

// The cache has one entry per user. A user whose headers exceed `rememberedSize` characters in total is not cached.
// With these limits, the cache stays below about 2 MiB.
const rememberedAssertions = 1000;
const rememberedSize = 2000;

// Matches the usual values of a Connection header.
const usualConnection = /^(?:keep-alive|close|upgrade|keep-alive, ?upgrade)$/i;

/**
 * Collects the identity headers in one pass, without checking their values. `rawHeaders` contains no trailers, so
 * trailers are never read.
 */
export function readIdentityHeaders(
  rawHeaders: readonly string[],
  classify: Classify,
  groupsRepeat: boolean,
): IdentityHeaders {
  const found: IdentityHeaders = {
    present: false,
    user: undefined,
    name: undefined,
    email: undefined,
    secret: undefined,
    groups: [],
    duplicate: false,
    alias: false,
    nominated: false,
  };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const kind = classify(rawHeaders[at] ?? '');
    if (kind === 'other') continue;
    const value = rawHeaders[at + 1] ?? '';
    if (kind === 'connection') {
      if (namesIdentity(value, classify)) found.nominated = true;
      continue;
    }
    if (value !== '' || kind === 'alias') found.present = true;
    if (kind === 'alias') {
      found.alias = true;
    } else if (kind === 'groups') {
      if (found.groups.length > 0 && !groupsRepeat) found.duplicate = true;
      found.groups.push(value);
    } else {
      if (found[kind] !== undefined) found.duplicate = true;
      found[kind] = value;
    }
  }
  return found;
}

/** The content of the identity headers. */
export interface Asserted {
  /** The assertion is absent if the proxy asserted no user. */
  readonly assertion?: Assertion | undefined;
  /** The fields that the assertion lacks because their values are invalid. Absent if all values are valid. */
  readonly leftOut?: readonly LeftOutField[] | undefined;
}

/** The proxy's assertion about a request, and the kind of the request's path. */
export interface Identification extends Asserted {
  /** True if the path of the request is unguarded. On an unguarded path, only tokens identify users. */
  readonly unguarded: boolean;
  /**
   * True if browsers and apps share the path of the request. On a shared path, a bearer token takes precedence over the
   * assertion. Default `false`.
   */
  readonly shared?: boolean | undefined;
}

/** Returns the assertion in the headers, or an empty object when the user header is absent or empty. */
export type AssertionReader = (headers: IdentityHeaders) => Asserted;

/** All values of `AbsentGroups`. */
export const absentGroupsModes = ['clear', 'keep'] as const;

/**
 * Decides which groups the user has if a request lacks the configured groups header. With `clear`, the user is in no
 * group. With `keep`, the user's groups and managed roles stay as they were.
 */
export type AbsentGroups = (typeof absentGroupsModes)[number];

/**
 * Creates the function that reads assertions. Identity headers without a subject assert no user. The reader caches
 * frozen assertions, and returns the same assertion for the same header values.
 *
 * The reader throws when the subject is unreadable or not allowed, or when the list of groups is unreadable, ambiguous
 * or too long. The reader leaves out any other value that is invalid.
 */
export function assertionReader(
  plan: HeaderPlan,
  absentGroups: AbsentGroups,
  checkSubject: (subject: string) => string,
): AssertionReader {
  const read = (user: string, headers: IdentityHeaders): Asserted => {
    const subject = checkSubject(decodeText(user, plan.encoding));
    const displayName = optional(headers.name, plan.encoding, readDisplayName);
    const email = optional(headers.email, plan.encoding, readEmail);
    const { groups, code } = groupsFrom(headers, plan, absentGroups);
    const leftOut: LeftOutField[] = [];
    if (displayName.code !== undefined) leftOut.push('display-name');
    if (email.code !== undefined) leftOut.push('email');
    if (code !== undefined) leftOut.push('groups');
    const assertion = Object.freeze({
      subject,
      displayName: displayName.value,
      email: email.value,
      groups: groups === undefined ? undefined : Object.freeze(groups),
    });
    return leftOut.length === 0 ? { assertion } : { assertion, leftOut: Object.freeze(leftOut) };
  };

  const remembered = new Map<string, { readonly headers: IdentityHeaders; readonly reading: Asserted }>();
  return (headers) => {
    const { user } = headers;
    if (user === undefined || user === '') return nobody;
    const known = remembered.get(user);
    if (known !== undefined && sameValues(known.headers, headers)) return known.reading;
    const reading = read(user, headers);
    if (sizeOf(headers) <= rememberedSize) {
      if (remembered.size >= rememberedAssertions) remembered.clear();
      remembered.set(user, { headers, reading });
    }
    return reading;
  };
}

const nobody: Asserted = Object.freeze({});

function sameValues(a: IdentityHeaders, b: IdentityHeaders): boolean {
  return (
    a.user === b.user &&
    a.name === b.name &&
    a.email === b.email &&
    a.groups.length === b.groups.length &&
    a.groups.every((value, index) => value === b.groups[index])
  );
}

function sizeOf({ user, name, email, groups }: IdentityHeaders): number {
  return [user, name, email, ...groups].reduce((size, value) => size + (value?.length ?? 0), 0);
}

function optional(
  wire: string | undefined,
  encoding: TextEncoding,
  read: (wire: string, encoding: TextEncoding) => Reading<string>,
): { readonly value?: string | undefined; readonly code?: ErrorCode | undefined } {
  return wire === undefined ? {} : read(wire, encoding);
}

function groupsFrom(headers: IdentityHeaders, plan: HeaderPlan, absent: AbsentGroups): Partial<GroupsReading> {
  if (plan.groups === undefined) return {};
  if (headers.groups.length === 0) return absent === 'keep' ? {} : { groups: [] };
  return parseGroups(headers.groups, plan.groupFormat, plan.encoding);
}

/**
 * Returns whether a `Connection` header (RFC 9110 §7.6.1) with this value names a header that only the proxy may send.
 */
function namesIdentity(value: string, classify: Classify): boolean {
  return !usualConnection.test(value) && value.split(',').some((option) => isIdentity(classify(option.trim())));
}
