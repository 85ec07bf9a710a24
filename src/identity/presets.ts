// Resolves the option `headers`: which headers a proxy sends, and how it encodes them.
import type { EveryMember } from '../vocabulary/every-member.js';
import { isOneOf } from '../vocabulary/words.js';
import { checkedWord, choices, configError, refuseUnknownKeys } from './config-error.js';
import { type TextEncoding, textEncodings } from './encodings.js';
import { type GroupFormat, structuredFormats } from './groups.js';

/** The names of the identity headers, for a proxy without a preset. Names can be in upper or lower case. */
export interface HeaderNames {
  /** The header that contains the subject. */
  readonly user: string;
  /** The header that contains the groups. Default: the proxy asserts no groups, and managed roles stay unchanged. */
  readonly groups?: string | undefined;
  /** The header that contains the display name. */
  readonly name?: string | undefined;
  /** The header that contains the email address. */
  readonly email?: string | undefined;
  /**
   * The separator between groups: punctuation such as `','`, `'|'` or `'; '`. Use `'json'` if the header contains a
   * JSON array of strings. Use `'dn'` if the header contains LDAP names (RFC 4514) that end in `dc=`, `o=` or `c=`.
   * Default `','`; with `groupsRepeat`, there is no separator by default.
   */
  readonly groupSeparator?: string | undefined;
  /** If `true`, the groups header may occur more than once. Default `false`. */
  readonly groupsRepeat?: boolean | undefined;
  /**
   * The encoding of the values. Default `'utf-8'`: raw UTF-8 bytes. With `'percent'`, the proxy can encode either the
   * whole list of groups or each group by itself. If it encodes each group by itself, choose a separator that occurs in
   * no group name. Otherwise Latchkey would read a single group with an encoded separator as two groups.
   */
  readonly encoding?: TextEncoding | undefined;
}

/** The compiled option `headers`, with names in lower case and defaults filled in. */
export interface HeaderPlan {
  readonly user: string;
  readonly groups: string | undefined;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly groupFormat: GroupFormat;
  readonly groupsRepeat: boolean;
  readonly encoding: TextEncoding;
}

/** All values of `PresetName`. */
export const presetNames = ['authelia', 'authentik', 'oauth2-proxy', 'oauth2-proxy-auth-request'] as const;

/** The name of a proxy whose header names are built into Latchkey. */
export type PresetName = (typeof presetNames)[number];

const presets: Readonly<Record<PresetName, HeaderNames>> = {
  authelia: { user: 'remote-user', groups: 'remote-groups', name: 'remote-name', email: 'remote-email' },
  authentik: {
    user: 'x-authentik-username',
    groups: 'x-authentik-groups',
    name: 'x-authentik-name',
    email: 'x-authentik-email',
    groupSeparator: '|',
  },
  'oauth2-proxy': {
    user: 'x-forwarded-user',
    groups: 'x-forwarded-groups',
    name: 'x-forwarded-preferred-username',
    email: 'x-forwarded-email',
  },
  'oauth2-proxy-auth-request': {
    user: 'x-auth-request-user',
    groups: 'x-auth-request-groups',
    name: 'x-auth-request-preferred-username',
    email: 'x-auth-request-email',
  },
};

const members: EveryMember<HeaderNames> = {
  user: true,
  groups: true,
  name: true,
  email: true,
  groupSeparator: true,
  groupsRepeat: true,
  encoding: true,
};

// RFC 9110 §5.6.2.
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

// Names of headers that already have another meaning for Node, proxies or browsers.
const taken: ReadonlySet<string> = new Set(
  (
    'authorization connection content-length content-type cookie expect forwarded host keep-alive origin ' +
    'proxy-authorization referer te trailer transfer-encoding upgrade x-forwarded-for x-forwarded-host ' +
    'x-forwarded-proto'
  ).split(' '),
);

/**
 * Compiles the option `headers`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the option is invalid. The error suggests the preset or option that was
 * probably meant.
 */
export function headerPlan(headers: unknown): HeaderPlan {
  const names = typeof headers === 'string' ? preset(headers) : headers;
  if (typeof names !== 'object' || names === null || Array.isArray(names)) {
    throw configError('headers', `a preset (${choices('', presetNames)}) or an object with at least 'user'`, headers);
  }
  refuseUnknownKeys('headers', names, members);
  const given = names as EveryMember<HeaderNames, unknown>;

  const groups = optionalName('headers.groups', given.groups);
  const repeat = given.groupsRepeat ?? false;
  if (typeof repeat !== 'boolean') throw configError('headers.groupsRepeat', 'true or false', repeat);
  if (groups === undefined && (repeat || given.groupSeparator !== undefined)) {
    throw configError('headers.groups', "a header name, because 'groupSeparator' or 'groupsRepeat' is set", undefined);
  }
  return {
    user: headerName('headers.user', given.user),
    groups,
    name: optionalName('headers.name', given.name),
    email: optionalName('headers.email', given.email),
    groupFormat: groupFormat(given.groupSeparator, repeat),
    groupsRepeat: repeat,
    encoding: checkedWord('headers.encoding', textEncodings, given.encoding ?? 'utf-8'),
  };
}

/**
 * Checks a header name, and returns it in lower case.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `name` is not a header name, or when the header already has another
 * meaning.
 */
export function headerName(option: string, name: unknown): string {
  if (typeof name !== 'string' || !token.test(name)) throw configError(option, "a header's name", name);
  const lower = name.toLowerCase();
  if (taken.has(lower)) throw configError(option, 'a header without a standard meaning', name);
  return lower;
}

function optionalName(option: string, name: unknown): string | undefined {
  return name === undefined ? undefined : headerName(option, name);
}

function preset(name: string): HeaderNames {
  if (!isOneOf(presetNames, name)) throw configError('headers', `a preset: ${choices(name, presetNames)}`, name);
  return presets[name];
}

function groupFormat(separator: unknown, repeat: boolean): GroupFormat {
  if (separator === undefined) return repeat ? 'single' : { separator: ',' };
  if (isOneOf(structuredFormats, separator)) return separator;
  if (typeof separator === 'string' && /^ ?[!-/:-@[-`{-~]+ ?$/.test(separator)) return { separator };
  const words = choices(String(separator), structuredFormats);
  throw configError('headers.groupSeparator', `punctuation such as ',' or '; ', or ${words}`, separator);
}
