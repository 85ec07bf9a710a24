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

/**
 * The assertion in the headers, or `undefined` where there is no user header: other identity headers alone assert
 * nobody. Throws the codes of values that cannot be read or may not be.
 */
export function assertionFrom(
  headers: IdentityHeaders,
  plan: HeaderPlan,
  absentGroups: 'clear' | 'keep',
  checkSubject: (subject: string) => void,
): Assertion | undefined {
  if (headers.user === undefined) return undefined;
  const subject = decodeText(headers.user, plan.encoding);
  checkSubject(subject);
  const displayName = optionalText(headers.name, plan);
  const email = optionalText(headers.email, plan);
  const groups = groupsFrom(headers, plan, absentGroups);
  return {
    subject,
    ...(displayName === undefined ? undefined : { displayName }),
    ...(email === undefined ? undefined : { email }),
    ...(groups === undefined ? undefined : { groups }),
  };
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
