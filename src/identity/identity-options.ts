// The options about header login and about paths, and the checks that involve several of these options.
import type { LocalAccounts, Provisioning, SubjectCase } from '../vocabulary/words.js';
import type { AbsentGroups } from './assertion.js';
import { configError } from './config-error.js';
import { type PathRules, pathRules } from './path-rules.js';
import type { HeaderNames, PresetName } from './presets.js';
import type { ProxySecretOption } from './proxy-secret.js';

export const untrustedHeadersModes = ['refuse', 'ignore'] as const;

/**
 * Decides what happens to identity headers from an untrusted peer: either the request is refused, or the headers are
 * ignored.
 */
export type UntrustedHeaders = (typeof untrustedHeadersModes)[number];

/** The options that decide which peers are trusted and which headers are read. */
export interface HeaderLoginOn {
  /** Identity headers log users in. Default `true`. */
  readonly headerLogin?: true | undefined;
  /**
   * The proxies to trust: addresses, ranges of addresses, `'loopback'` or `'unix'`. There is no default and no
   * wildcard.
   */
  readonly trustedProxies: readonly string[];
  /** The name of a preset, or the names of the headers. */
  readonly headers: PresetName | HeaderNames;
  /** A secret that must accompany identity headers. Default: no secret is required. */
  readonly proxySecret?: ProxySecretOption | undefined;
  /** Decides what a request without the configured groups header means. Default `'clear'`: the user is in no group. */
  readonly absentGroups?: AbsentGroups | undefined;
  /** Decides what happens to identity headers from an untrusted peer. Default `'refuse'`. */
  readonly untrustedHeaders?: UntrustedHeaders | undefined;
  /**
   * The pattern that each subject must match as a whole. The default allows letters and digits of any script,
   * `_ . @ + = | : / \ ' ’ ~ # ! -`, single spaces and commas inside a name, and `$` at the end or before an `@`. The
   * rules in docs/names.md apply in addition to every pattern.
   */
  readonly subjectPattern?: RegExp | undefined;
  /**
   * With `'lower'`, the letters A to Z in subjects are replaced by a to z. Use this value if the identity provider does
   * not always send a name in the same case (docs/names.md). Default `'exact'`.
   */
  readonly subjectCase?: SubjectCase | undefined;
  /** Decides which users are accepted at their first request. Default `create`. */
  readonly provisioning?: Provisioning | undefined;
  /**
   * Decides what happens when the proxy asserts a user who has the name of a local account. With `ignore`, the
   * assertion is ignored. With `refuse`, the answer is 403. Default `ignore`.
   */
  readonly localAccounts?: LocalAccounts | undefined;
}

/**
 * Turns header login off: identity headers mean nothing on any path. Sessions of local accounts, tokens, quick connect
 * and administration work as usual. The options about header login must be absent.
 */
export interface HeaderLoginOff {
  readonly headerLogin: false;
  readonly trustedProxies?: undefined;
  readonly headers?: undefined;
  readonly proxySecret?: undefined;
  readonly absentGroups?: undefined;
  readonly untrustedHeaders?: undefined;
  readonly subjectPattern?: undefined;
  readonly subjectCase?: undefined;
  /**
   * Only `mapped-groups-only` has an effect without header login: it refuses the tokens of proxy users who have no role.
   * The other words are about first requests through the proxy, so they are refused.
   */
  readonly provisioning?: Extract<Provisioning, 'mapped-groups-only'> | undefined;
  readonly localAccounts?: undefined;
}

/** The options about header login, for a host whose operator decides whether header login is on. */
export type HeaderLogin = HeaderLoginOn | HeaderLoginOff;

/**
 * The options that list the paths that the proxy does not guard. A listed path includes all paths below it. Upper and
 * lower case count as equal.
 */
export interface PathOptions {
  /**
   * Paths that the proxy forwards without a login, such as `'/api'`. With a proof such as `proxySecret`, or without
   * header login, `/api` includes `/api` and `/api/songs`, but not `/apix`. With header login and without a proof,
   * `/api` includes every path that starts with `/api`, and therefore also `/apix`. Default: none.
   */
  readonly unguardedPaths?: readonly string[] | undefined;
  /**
   * Paths that browsers and apps share. These paths are matched by whole segments. If a request has a bearer token,
   * only the token counts. Without a bearer token, headers and sessions count, as on guarded paths. This option needs a
   * proof such as `proxySecret`, unless `headerLogin` is `false`. `sharedPaths` must not overlap `unguardedPaths`.
   * Default: none.
   */
  readonly sharedPaths?: readonly string[] | undefined;
}

/** The options that decide which peers are trusted, which headers are read, and which paths the proxy guards. */
export type IdentityOptions = PathOptions & HeaderLogin;

/** The options that prove, in addition to the peer's address, that the proxy has authenticated a request. */
const proofs = ['proxySecret'] as const satisfies readonly (keyof HeaderLoginOn)[];

/** The options that must be absent without header login. */
const headerOptions: readonly Exclude<keyof HeaderLoginOff, 'headerLogin' | 'provisioning'>[] = [
  'trustedProxies',
  'headers',
  'proxySecret',
  'absentGroups',
  'untrustedHeaders',
  'subjectPattern',
  'subjectCase',
  'localAccounts',
];

/**
 * Returns whether header login is on.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `headerLogin` is neither `true` nor `false`, or when it is `false` and an
 * option is set that only header login uses.
 */
export function isHeaderLoginOn(options: IdentityOptions): options is PathOptions & HeaderLoginOn {
  const { headerLogin = true }: { readonly headerLogin?: unknown } = options;
  if (headerLogin === true) return true;
  if (headerLogin !== false) {
    throw configError('headerLogin', 'true or false (docs/header-login.md)', headerLogin);
  }
  for (const name of headerOptions) {
    const value: unknown = options[name];
    // The error shows only the type of the value, because the value could contain a secret.
    if (value !== undefined) {
      throw configError(name, 'nothing, because headerLogin is false (docs/header-login.md)', typeof value);
    }
  }
  const { provisioning }: { readonly provisioning?: unknown } = options;
  if (provisioning !== undefined && provisioning !== 'mapped-groups-only') {
    const expected = "nothing or 'mapped-groups-only', because headerLogin is false (docs/header-login.md)";
    throw configError('provisioning', expected, provisioning);
  }
  return false;
}

/**
 * Compiles `unguardedPaths` and `sharedPaths`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when a list is invalid, when the two lists overlap, or when `sharedPaths` is set
 * without a proof.
 */
export function pathRulesOf(options: IdentityOptions): PathRules {
  const { unguardedPaths = [], sharedPaths = [] } = options;
  const proven = !isHeaderLoginOn(options) || proofs.some((name) => options[name] !== undefined);
  const rules = pathRules({ unguardedPaths, sharedPaths, proven });
  if (!proven && sharedPaths.length > 0) {
    const expected =
      'a value together with sharedPaths, where clients can send identity headers themselves (docs/proxies.md)';
    throw configError(proofs.join(' or '), expected, undefined);
  }
  return rules;
}
