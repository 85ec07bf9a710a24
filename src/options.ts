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
import type { ForeignTokens, SessionMode } from './vocabulary/words.js';

/** The API tokens of paired devices. */
export interface TokenOptions {
  /**
   * The first key signs new tokens, and every key verifies tokens. To rotate, add the new key at the front. Remove the
   * old key after all tokens that it signed have expired.
   */
  readonly keys: readonly SigningKey[];
  /**
   * The https URL at which apps reach `tokenRouter`. This URL is the `iss` claim of the tokens (RFC 7519 §4.1.1) and
   * part of the QR code.
   */
  readonly issuer: string;
  /**
   * The former issuers of this server. Latchkey still accepts tokens of former issuers, at every address of this
   * server. The renewal of such a token returns a token of the current issuer. Remove a former issuer after all its
   * tokens have expired or have been renewed. Default: none.
   */
  readonly formerIssuers?: readonly string[] | undefined;
  /** The `aud` claim of the tokens (RFC 7519 §4.1.3). Default: the issuer. */
  readonly audience?: string | undefined;
  /** The number of days after which a token expires, unless its device renews the token. Default 365. */
  readonly lifetimeDays?: number | undefined;
  /**
   * The number of days after its pairing at which a device expires, regardless of renewals. `maximumDays` must not be
   * lower than `lifetimeDays`. Default: no limit.
   */
  readonly maximumDays?: number | undefined;
  /** The number of days without use after which the token of a device expires. The minimum is 1. Default: no limit. */
  readonly idleDays?: number | undefined;
  /**
   * The maximum number of devices of one user. At the limit, a new device is refused; existing devices are never
   * removed to make room. Default 50.
   */
  readonly maximumDevices?: number | undefined;
  /**
   * The number of days without a login through the proxy after which the tokens of a proxy user are suspended (403).
   * Suspended tokens work again after the user's next login. The minimum is 1. Default: no limit.
   */
  readonly suspendAfterDays?: number | undefined;
  /**
   * Decides what happens to a bearer token of another issuer on an unguarded or shared path. With `refuse`, the answer
   * is 401. With `pass`, the request continues without a login, so that the host can check its own tokens. A token that
   * claims to be Latchkey's, by its issuer or by its type and key, always gets 401 if its verification fails. Default
   * `refuse`.
   */
  readonly foreignTokens?: ForeignTokens | undefined;
  /**
   * Servers that may ask whether a token is active and which user owns it (token introspection, RFC 7662). Default:
   * none, so there is no introspection endpoint.
   */
  readonly introspection?: readonly IntrospectionClient[] | undefined;
}

/** The options of pairing, by which a logged-in browser connects an app. */
export interface QuickConnectOptions {
  /**
   * The link that opens the app: an https URL without a fragment. The QR code contains this link with the pairing as
   * its fragment.
   */
  readonly appLink: string;
  /**
   * The format of typed codes. `base32` means codes of the form `LLLL-CCCC-CCCC`. `digits` means 12 digits, for numeric
   * keypads. Codes of digits are easier to guess; docs/design.md states the probability. Default `base32`.
   */
  readonly codeFormat?: CodeFormat | undefined;
  /**
   * Decides which pairings the user must approve: none (`off`), those by typed code (`typed`), or those by typed code
   * and by QR code (`always`). To approve, the user types into the browser a number that the app shows. After too many
   * wrong codes (`limits.wrongCodesInAll`), typed codes need approval with every value of this option. Default `off`.
   */
  readonly approval?: ApprovalPolicy | undefined;
  /**
   * The https URL of the page `activate`, without a fragment. This option enables the device flow (RFC 8628): the app
   * shows a code, and the user types the code on that page. Default: the device flow is off.
   */
  readonly verificationUri?: string | undefined;
  /**
   * If `true`, apps also get `verificationUri` with the user code in it. A television can show this link as a QR code.
   * An attacker could trick a user into opening such a link (RFC 8628 §5.4), so the page always asks for confirmation.
   * Default `false`.
   */
  readonly verificationUriComplete?: boolean | undefined;
  /** Rate limits for code attempts, new pairings and device requests. Default: the defaults of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
}

/** The options that decide which users are administrators. */
export interface AdministrationOptions {
  /**
   * The role of administrators, which gives access to the page and the API `admin`. The last user with this role cannot
   * lose the role. Default `admin`.
   */
  readonly role?: string | undefined;
  /** If `true`, a pattern (`*`) in `groupRoles` may give the role of administrators. Default `false`. */
  readonly allowWildcard?: boolean | undefined;
}

/**
 * The options of `latchkey()`. An option with an unknown name is refused. With `headerLogin: false`, the options of
 * header login must be absent.
 */
export type LatchkeyOptions = ServerOptions & IdentityOptions;

/** All options of `latchkey()` except those about header login and paths. */
export interface ServerOptions {
  /** The source of truth for users, mappings and devices. */
  readonly directory: Directory;
  /** The state that instances share: `redisState(redis)`, or `memoryState()` for a single process. */
  readonly state: SharedState;
  /**
   * Links users to the rows of the host's own table of users. Also protects the local accounts in that table: when the
   * proxy asserts the name of such an account, `localAccounts` decides what happens. Default: off.
   */
  readonly hostUsers?: HostUsers | undefined;
  /** Decides which users are administrators, both for the routes `admin` of `router` and for the functions. */
  readonly administration?: AdministrationOptions | undefined;
  /**
   * Group → role mappings, in addition to the mappings in the directory. A `*` in a group matches any characters.
   * Default: none.
   */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Roles that every admitted user has, with a proxy account or a local account. Default roles are not stored, and must
   * not include the role of administrators. Default roles do not admit a user: with `mapped-groups-only`, a user still
   * needs a mapped group or a granted role. Default: none.
   */
  readonly defaultRoles?: readonly string[] | undefined;
  /**
   * Decides how logins relate to the host's session. Default `every-request`. Without header login, `login-only` means
   * the same as `every-request`, because users do not log in at a proxy.
   */
  readonly session?: SessionMode | undefined;
  /**
   * Enables API tokens. This option needs `unguardedPaths` or `sharedPaths`. Default: no tokens, and no `tokenRouter`.
   */
  readonly tokens?: TokenOptions | undefined;
  /** Enables pairing. This option needs `tokens`. Default: no pairing. */
  readonly quickConnect?: QuickConnectOptions | undefined;
  /**
   * The number of seconds (0.05–60) for which Latchkey still answers requests from cached accounts while the database
   * does not respond. After that time, requests get 503. If an instance has crashed, a change by a person waits until
   * that instance can no longer answer from its cache. The wait takes at most (`outageToleranceSeconds` + 1.5) / 0.9
   * seconds, which is 7.3 seconds by default. Use the same value on all instances. Default 5.
   */
  readonly outageToleranceSeconds?: number | undefined;
  /** The languages and the style sheet of the pages, and the name, home page and logo of your site. */
  readonly pages?: PagesOptions | undefined;
  /**
   * The address at which people log in: an https URL or a path. Pages link to this address. With
   * `session: 'login-only'` and a path, a navigation that needs a login is redirected to this path, with the parameter
   * `return_to`. Default: the route `login` of `router` with `'login-only'`, otherwise none.
   */
  readonly loginUrl?: string | undefined;
  /**
   * The address of the proxy's own logout: an https URL or a path. `POST logout` returns this address, and the pages
   * then open it. Default: none.
   */
  readonly logoutUrl?: string | undefined;
  /** Origins from which pages may send writes, in addition to the request's own origin. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /**
   * Receives every event. Default: `error` events become process warnings (`LATCHKEY_ERROR`), other events are dropped.
   */
  readonly onEvent?: OnEvent | undefined;
  /**
   * The clock for sessions, tokens and times of use. The clock returns milliseconds since the Unix epoch. Default
   * `Date.now`.
   */
  readonly now?: Clock | undefined;
}
