// The types of all options that `latchkey()` takes. option-checks.ts validates them.
import type { HostUsers } from './directory/resolution/host-users.js';
import type { IdentityOptions } from './identity/identify.js';
import type { PagesOptions } from './pages/pages.js';
import type { LimitOptions } from './pairing/limits.js';
import type { CodeFormat } from './pairing/pairing-code.js';
import type { ApprovalPolicy } from './pairing/redeem.js';
import type { IntrospectionClient } from './tokens/introspection-clients.js';
import type { SigningKey } from './tokens/key-ring.js';
import type { OnEvent } from './vocabulary/events.js';
import type { Directory, SharedState } from './vocabulary/ports.js';
import type { Clock } from './vocabulary/types.js';
import type { ForeignTokens, LocalAccounts, Provisioning, SessionMode } from './vocabulary/words.js';

/** The API tokens of paired devices. */
export interface TokenOptions {
  /**
   * The first key signs, every key verifies. To rotate, add the new key at the front and remove the old key once all
   * tokens that it signed have expired.
   */
  readonly keys: readonly SigningKey[];
  /**
   * The https URL at which apps reach `tokenRouter`. It is the `iss` claim of the tokens (RFC 7519 §4.1.1) and part of
   * the QR code.
   */
  readonly issuer: string;
  /**
   * Issuers that this server had before. Their tokens are still accepted, at every address that reaches this server,
   * and renewals replace them with tokens of the current issuer. Remove a former issuer when its tokens have expired,
   * or when all apps have renewed theirs. Default: none.
   */
  readonly formerIssuers?: readonly string[] | undefined;
  /** The `aud` claim of the tokens (RFC 7519 §4.1.3). Default: the issuer. */
  readonly audience?: string | undefined;
  /** Days until a token expires, unless its device renews it. Default 365. */
  readonly lifetimeDays?: number | undefined;
  /**
   * Days after pairing at which a device expires, regardless of renewals. At least `lifetimeDays`. Default: no limit.
   */
  readonly maximumDays?: number | undefined;
  /** Days without use after which the token of a device expires, at least 1. Default: no limit. */
  readonly idleDays?: number | undefined;
  /**
   * The maximum number of devices of one user. At the limit, a new device is refused; existing devices are never
   * removed to make room. Default 50.
   */
  readonly maximumDevices?: number | undefined;
  /**
   * The tokens of a proxy user are suspended (403) after this many days without a login through the proxy, at least 1.
   * They work again after the user's next login. Default: no limit.
   */
  readonly suspendAfterDays?: number | undefined;
  /**
   * How to treat a bearer token of another issuer on an unguarded or shared path. `refuse` answers 401. `pass` treats
   * the request as not logged in, for hosts that have tokens of their own. A token that claims to be Latchkey's, by its
   * issuer or by its type and key, always gets 401 if its verification fails. Default `refuse`.
   */
  readonly foreignTokens?: ForeignTokens | undefined;
  /**
   * Servers that may introspect tokens (RFC 7662), which means to ask whether a token is active and whose it is.
   * Default: none, so there is no introspection endpoint.
   */
  readonly introspection?: readonly IntrospectionClient[] | undefined;
}

/** Pairing: how a logged-in browser connects an app. */
export interface QuickConnectOptions {
  /** The link that opens the app, an https URL without a fragment. The QR code adds the pairing as its fragment. */
  readonly appLink: string;
  /**
   * `base32`: `LLLL-CCCC-CCCC`. `digits`: 12 digits for numeric keypads. Such codes are easier to guess;
   * docs/design.md gives the bound. Default `base32`.
   */
  readonly codeFormat?: CodeFormat | undefined;
  /**
   * Which pairings the user must approve in the browser, by typing a number that the app shows: none (`off`), those by
   * typed code (`typed`), or those by QR code as well (`always`). After too many wrong codes
   * (`limits.wrongCodesInAll`), typed codes need approval under every policy. Default `off`.
   */
  readonly approval?: ApprovalPolicy | undefined;
  /**
   * The https URL of the page `activate`, without a fragment. It enables the device flow (RFC 8628): the app shows a
   * code, and the user types it on that page. Default: the device flow is off.
   */
  readonly verificationUri?: string | undefined;
  /**
   * Whether apps also get `verificationUri` with the code in it, for a QR code on a television. An attacker could
   * trick a user into opening such a link (RFC 8628 §5.4), so the page still asks for confirmation. Default `false`.
   */
  readonly verificationUriComplete?: boolean | undefined;
  /** Rate limits for code attempts, new pairings and device requests. Default: those of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
}

/** Which users are administrators. */
export interface AdministrationOptions {
  /**
   * The role of administrators. It grants access to `admin`. The last user with this role cannot lose it. Default
   * `admin`.
   */
  readonly role?: string | undefined;
  /** Whether a pattern (`*`) in `groupRoles` may grant that role. Default `false`. */
  readonly allowWildcard?: boolean | undefined;
}

/**
 * The options of `latchkey()`. Unknown names are refused. With `headerLogin: false`, the options of header login must be
 * absent.
 */
export type LatchkeyOptions = ServerOptions & IdentityOptions;

/** The options of `latchkey()` besides those about header login and paths. */
export interface ServerOptions {
  /** The source of truth for users, mappings and devices. */
  readonly directory: Directory;
  /** The state that instances share: `redisState(redis)`, or `memoryState()` for a single process. */
  readonly state: SharedState;
  /** What happens at the first login of an unknown user. Default `create`. */
  readonly provisioning?: Provisioning | undefined;
  /**
   * How to treat an assertion that names a local account: `ignore` treats the request as not logged in, `refuse`
   * answers 403. Default `ignore`.
   */
  readonly localAccounts?: LocalAccounts | undefined;
  /**
   * Links users to the rows of the host's own users table, and protects the local accounts in it: an assertion that
   * names one is treated as `localAccounts` says. Default: off.
   */
  readonly hostUsers?: HostUsers | undefined;
  /** Which users are administrators, both for `admin` below `router` and for the functions. */
  readonly administration?: AdministrationOptions | undefined;
  /**
   * Group → role mappings from configuration, in addition to those in the directory. A `*` matches any characters.
   * Default: none.
   */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Roles that every admitted user has, whatever the kind of account. They are not stored, and the role of
   * administrators cannot be among them. They admit nobody: `mapped-groups-only` still needs a mapped group or a
   * granted role. Default: none.
   */
  readonly defaultRoles?: readonly string[] | undefined;
  /**
   * How logins relate to the host's session. Default `every-request`. Without header login, `login-only` means the
   * same, because there is no proxy at which users log in.
   */
  readonly session?: SessionMode | undefined;
  /** API tokens. Needs `unguardedPaths` or `sharedPaths`. Default: off, without `tokenRouter`. */
  readonly tokens?: TokenOptions | undefined;
  /** Pairing. Needs `tokens`. Default: off. */
  readonly quickConnect?: QuickConnectOptions | undefined;
  /**
   * Seconds, 0.05–60, for which cached accounts still serve requests while the database does not answer. After that,
   * requests get 503. If an instance has crashed, a change made by a person waits until that instance can no longer
   * answer from its cache. This takes at most (this value + 1.5) / 0.9 seconds, so at most 7.3 by default. Use the
   * same value on all instances. Default 5.
   */
  readonly outageToleranceSeconds?: number | undefined;
  /** The languages, the stylesheet and the site of the pages. */
  readonly pages?: PagesOptions | undefined;
  /**
   * Where people log in, an https URL or a path: pages link to it. With `session: 'login-only'`, navigations that need
   * a login are redirected to it if it is a path, with the parameter `return_to`. Default: with `'login-only'` the
   * route `login` of `router`, otherwise none.
   */
  readonly loginUrl?: string | undefined;
  /** The proxy's own logout, to which `POST logout` redirects the browser: an https URL or a path. Default: none. */
  readonly logoutUrl?: string | undefined;
  /** Origins, besides the request's own host, from which writes with a cookie are accepted. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /** Receives every event. Default: `error` events become process warnings (`LATCHKEY_ERROR`), others are dropped. */
  readonly onEvent?: OnEvent | undefined;
  /** The clock for sessions, tokens and last use, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: Clock | undefined;
}
