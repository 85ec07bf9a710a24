// identity/: who does the proxy say this is? The identity headers of one request, read from the raw fields.
import type { Assertion } from '../types.js';
import { checkText, decodeText } from './encodings.js';
import { parseGroups } from './groups.js';
import { type Classify, isIdentity } from './header-classes.js';
import type { HeaderPlan } from './presets.js';

/** What the fields of one request hold. An absent header is `undefined`, an empty one is `''`. */
export interface IdentityHeaders {
  /** Whether there is anything that only the proxy may send: a configured header, the secret, an alias. */
  present: boolean;
  user: string | undefined;
  name: string | undefined;
  email: string | undefined;
  secret: string | undefined;
  /** The groups header's values in the order they came; empty where it did not come. */
  groups: string[];
  /** Whether a header came twice that may come once. */
  duplicate: boolean;
  alias: boolean;
  /** Whether a `Connection` header names an identity header, so that somebody on the way may have removed it. */
  nominated: boolean;
}

// Together about 2 MiB at most: one entry a user, and none for people with very many groups.
const rememberedAssertions = 1000;
const rememberedSize = 2000;

// What a Connection header says in all but odd requests.
const usualConnection = /^(?:keep-alive|close|upgrade|keep-alive, ?upgrade)$/i;

/** Sorts the raw fields in one pass; trailers are not among them and are never read. Judges nothing. */
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
    found.present = true;
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

/** What the proxy says about a request. */
export interface Identification {
  /** Whether the request is for a path that the proxy lets through without a login. */
  readonly unguarded: boolean;
  /** Absent: the proxy asserted nobody. */
  readonly assertion?: Assertion;
}

/** The assertion in the headers, or `undefined` where there is no user header. */
export type AssertionReader = (headers: IdentityHeaders) => Assertion | undefined;

/**
 * Compiles the reading of assertions. Identity headers without a user header assert nobody. The reader throws the codes
 * of values that cannot be read or may not be; the same values again give the same, frozen object.
 */
export function assertionReader(
  plan: HeaderPlan,
  absentGroups: 'clear' | 'keep',
  checkSubject: (subject: string) => void,
): AssertionReader {
  const read = (user: string, headers: IdentityHeaders): Assertion => {
    const subject = decodeText(user, plan.encoding);
    checkSubject(subject);
    const displayName = optionalText(headers.name, plan);
    const email = optionalText(headers.email, plan);
    const groups = groupsFrom(headers, plan, absentGroups);
    return Object.freeze({
      subject,
      ...(displayName === undefined ? undefined : { displayName }),
      ...(email === undefined ? undefined : { email }),
      ...(groups === undefined ? undefined : { groups: Object.freeze(groups) }),
    });
  };

  const remembered = new Map<string, { readonly headers: IdentityHeaders; readonly assertion: Assertion }>();
  return (headers) => {
    const { user } = headers;
    if (user === undefined) return undefined;
    const known = remembered.get(user);
    if (known !== undefined && sameValues(known.headers, headers)) return known.assertion;
    const assertion = read(user, headers);
    if (sizeOf(headers) <= rememberedSize) {
      if (remembered.size >= rememberedAssertions) remembered.clear();
      remembered.set(user, { headers, assertion });
    }
    return assertion;
  };
}

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

function optionalText(value: string | undefined, plan: HeaderPlan): string | undefined {
  if (value === undefined) return undefined;
  const text = decodeText(value, plan.encoding);
  checkText(text);
  return text;
}

function groupsFrom(
  headers: IdentityHeaders,
  plan: HeaderPlan,
  absent: 'clear' | 'keep',
): readonly string[] | undefined {
  if (plan.groups === undefined) return undefined;
  if (headers.groups.length === 0) return absent === 'keep' ? undefined : [];
  return parseGroups(headers.groups, plan.groupFormat, plan.encoding);
}

/** Whether the connection options (RFC 9110 §7.6.1) name anything that only the proxy may send. */
function namesIdentity(value: string, classify: Classify): boolean {
  return !usualConnection.test(value) && value.split(',').some((option) => isIdentity(classify(option.trim())));
}
