// The options about header login and about paths, and the checks that depend on several of them.
import type { SubjectCase } from '../vocabulary/words.js';
import type { AbsentGroups } from './assertion.js';
import { configError } from './config-error.js';
import { type PathRules, pathRules } from './path-rules.js';
import type { HeaderNames, PresetName } from './presets.js';
import type { ProxySecretOption } from './proxy-secret.js';

export const untrustedHeadersModes = ['refuse', 'ignore'] as const;

/** How identity headers from an untrusted peer are treated: the request is refused, or they are ignored. */
export type UntrustedHeaders = (typeof untrustedHeadersModes)[number];

/** Which peers to trust, and which headers to read. */
export interface HeaderLoginOn {
  /** Whether identity headers log users in. Default `true`. */
  readonly headerLogin?: true | undefined;
  /** Addresses, ranges, `'loopback'`, `'unix'`. There is no default and no wildcard. */
  readonly trustedProxies: readonly string[];
  /** The name of a preset, or the names of the headers. */
  readonly headers: PresetName | HeaderNames;
  /** A secret that must accompany identity headers. Default: none is required. */
  readonly proxySecret?: ProxySecretOption | undefined;
  /** How to treat a request without the configured groups header. Default `'clear'`: the user is in no group. */
  readonly absentGroups?: AbsentGroups | undefined;
  /** How to treat identity headers from an untrusted peer. Default `'refuse'`. */
  readonly untrustedHeaders?: UntrustedHeaders | undefined;
  /**
   * The pattern that a whole subject must match. Default: letters and digits of any script, `_ . @ + = | : / \ ' ’ ~ #
   * ! -`, single spaces and commas inside a name, and `$` at the end or before an `@`. The rules for all subjects in
   * docs/names.md apply as well.
   */
  readonly subjectPattern?: RegExp | undefined;
  /**
   * `'lower'`: subjects are used with a to z instead of A to Z, for identity providers that do not always send a name in
   * the same case (docs/names.md). Default `'exact'`.
   */
  readonly subjectCase?: SubjectCase | undefined;
}

/**
 * No header login: identity headers mean nothing, on any path. Sessions of local accounts, tokens, quick connect and
 * administration work as usual. The options about header login are refused.
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
}

/** Header login, on or off, for a server whose operator decides. */
export type HeaderLogin = HeaderLoginOn | HeaderLoginOff;

/** Which paths the proxy does not guard. Both lists match whatever starts with a path, in upper or lower case. */
export interface PathOptions {
  /**
   * Paths that the proxy forwards without a login, such as `'/api'`. With a proof such as `proxySecret`, and without
   * header login, each stands for whole segments: `/api` and `/api/songs`, but not `/apix`. Without a proof it stands
   * for every path that starts with the same letters. Default: none.
   */
  readonly unguardedPaths?: readonly string[] | undefined;
  /**
   * Paths that browsers and apps share, by whole segments. If a request has a bearer token, only the token counts.
   * Otherwise headers and sessions count, as on guarded paths. Needs a proof such as `proxySecret`, unless
   * `headerLogin` is `false`. Must not overlap `unguardedPaths`. Default: none.
   */
  readonly sharedPaths?: readonly string[] | undefined;
}

/** Which peers to trust, which headers to read, and which requests to refuse. */
export type IdentityOptions = PathOptions & HeaderLogin;

/** The options that prove, beyond the peer's address, that the proxy has authenticated the request. */
const proofs = ['proxySecret'] as const satisfies readonly (keyof HeaderLoginOn)[];

/** The options that mean nothing without header login. */
const headerOptions: readonly (keyof HeaderLoginOff)[] = [
  'trustedProxies',
  'headers',
  'proxySecret',
  'absentGroups',
  'untrustedHeaders',
  'subjectPattern',
  'subjectCase',
];

/**
 * Whether header login is on.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `headerLogin` is neither `true` nor `false`, or when it is `false` and there
 * is an option that only header login uses.
 */
export function isHeaderLoginOn(options: IdentityOptions): options is PathOptions & HeaderLoginOn {
  const { headerLogin = true }: { readonly headerLogin?: unknown } = options;
  if (headerLogin === true) return true;
  if (headerLogin !== false) {
    throw configError('headerLogin', 'true or false (docs/header-login.md)', headerLogin);
  }
  for (const name of headerOptions) {
    const value: unknown = options[name];
    // Only the type is shown, because the value may contain a secret.
    if (value !== undefined) {
      throw configError(name, 'nothing, because headerLogin is false (docs/header-login.md)', typeof value);
    }
  }
  return false;
}

/**
 * Compiles `unguardedPaths` and `sharedPaths`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when a list is invalid, when they overlap, or when `sharedPaths` needs a proof.
 */
export function pathRulesOf(options: IdentityOptions): PathRules {
  const { unguardedPaths = [], sharedPaths = [] } = options;
  const proven = !isHeaderLoginOn(options) || proofs.some((name) => options[name] !== undefined);
  const rules = pathRules({ unguardedPaths, sharedPaths, proven });
  if (!proven && sharedPaths.length > 0) {
    const expected =
      'a value together with sharedPaths, because a client can write identity headers itself there (docs/proxies.md)';
    throw configError(proofs.join(' or '), expected, undefined);
  }
  return rules;
}
