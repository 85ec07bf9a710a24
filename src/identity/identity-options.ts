// Defines the options for header login and paths, and checks that they do not contradict each other.
import type { LocalAccounts, Provisioning, SubjectCase } from '../vocabulary/words.js';
import type { AbsentGroups } from './assertion.js';
import { configError } from './config-error.js';
import { type PathRules, pathRules } from './path-rules.js';
import type { HeaderNames, PresetName } from './presets.js';
import type { ProxySecretOption } from './proxy-secret.js';

export const untrustedHeadersModes = ['refuse', 'ignore'] as const;

/**
 * Decides how Latchkey treats identity headers from an untrusted peer: it refuses the request, or it ignores the
 * headers.
 */
export type UntrustedHeaders = (typeof untrustedHeadersModes)[number];

/** The options that decide which peers are trusted and which headers are read. */
export interface HeaderLoginOn {
  /** Turns header login on: identity headers log users in. Default `true`. */
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
  /**
   * Decides which groups the user has if a request lacks the configured groups header. Default `'clear'`: no groups.
   */
  readonly absentGroups?: AbsentGroups | undefined;
  /** Decides how Latchkey treats identity headers from an untrusted peer. Default `'refuse'`. */
  readonly untrustedHeaders?: UntrustedHeaders | undefined;
  /**
   * The pattern that must match the whole subject. The default allows letters and digits of any script, single spaces
   * and commas inside a name, and certain punctuation. docs/names.md lists this punctuation, and the rules that apply
   * in addition to every pattern.
   */
  readonly subjectPattern?: RegExp | undefined;
  /**
   * With `'lower'`, Latchkey converts the letters A to Z in subjects to lower case. Use `'lower'` if your identity
   * provider might send the same name in different cases (docs/names.md). Default `'exact'`.
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
 * Turns header login off: Latchkey ignores identity headers on all paths. Sessions of local accounts, tokens, quick
 * connect and administration work as usual. All other options for header login must be absent.
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

/** The options for header login, if the operator of the host decides whether header login is on. */
export type HeaderLogin = HeaderLoginOn | HeaderLoginOff;

/**
 * The paths that the proxy does not guard. A listed path includes all paths below it. Latchkey compares paths without
 * regard to case.
 */
export interface PathOptions {
  /**
   * Paths that the proxy forwards without a login, such as `'/api'`. The path `/api` includes `/api/songs`, but usually
   * not `/apix`. `/api` also includes `/apix` if header login is on and there is no proof such as `proxySecret`.
   * Default: none.
   */
  readonly unguardedPaths?: readonly string[] | undefined;
  /**
   * Paths that browsers and apps share. Latchkey matches these paths by whole segments. If a request has a bearer
   * token, only the token counts. Without a bearer token, headers and sessions count, as on guarded paths. This option
   * needs a proof such as `proxySecret`, unless `headerLogin` is `false`. `sharedPaths` must not overlap
   * `unguardedPaths`. Default: none.
   */
  readonly sharedPaths?: readonly string[] | undefined;
}

/** The options that decide which peers are trusted, which headers are read, and which paths the proxy guards. */
export type IdentityOptions = PathOptions & HeaderLogin;

/** The options that prove, in addition to the peer's address, that a request comes from the proxy. */
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
 * @throws {LatchkeyError} `ERR_CONFIG` when `headerLogin` is neither `true` nor `false`, or when it is `false` but
 * another option for header login is set.
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
