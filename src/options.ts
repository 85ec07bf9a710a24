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
   * The first key signs new tokens, and every key verifies tokens. To rotate keys, add the new key at the front of the
   * list. Remove the old key after all tokens that it signed have expired.
   */
  readonly keys: readonly SigningKey[];
  /**
   * The https URL at which apps reach `tokenRouter`. This URL is the `iss` claim of the tokens (RFC 7519 §4.1.1) and
   * part of the QR code.
   */
  readonly issuer: string;
  /**
   * The former issuers of this server. Latchkey still accepts tokens of former issuers, at every address of this
   * server. When an app renews a token of a former issuer, it gets a token of the current issuer. Remove a former
   * issuer after all its tokens have expired or have been renewed. Default: none.
   */
  readonly formerIssuers?: readonly string[] | undefined;
  /** The `aud` claim of the tokens (RFC 7519 §4.1.3). Default: the issuer. */
  readonly audience?: string | undefined;
  /** The number of days after which a token expires if the app does not renew it. Default 365. */
  readonly lifetimeDays?: number | undefined;
  /**
   * The number of days after which a device expires, counted from its pairing. Renewals do not change this limit.
   * `maximumDays` must not be lower than `lifetimeDays`. Default: no limit.
   */
  readonly maximumDays?: number | undefined;
  /** The number of days after which the token of an unused device expires. The minimum is 1. Default: no limit. */
  readonly idleDays?: number | undefined;
  /**
   * The maximum number of devices of one user. At this limit, Latchkey refuses new devices. It never removes existing
   * devices to make room. Default 50.
   */
  readonly maximumDevices?: number | undefined;
  /**
   * Suspends (403) the tokens of a proxy user who has not logged in through the proxy for this number of days.
   * Suspended tokens work again after the user's next login. The minimum is 1. Default: no limit.
   */
  readonly suspendAfterDays?: number | undefined;
  /**
   * Decides how Latchkey treats bearer tokens of other issuers on unguarded and shared paths. With `refuse`, the
   * request gets 401. With `pass`, the request continues without a login, so that the host can check the token.
   *
   * Even with `pass`, an invalid Latchkey token gets 401. Latchkey recognizes its own tokens by their issuer, or by
   * their type and key. Default `refuse`.
   */
  readonly foreignTokens?: ForeignTokens | undefined;
  /**
   * The servers that may use token introspection (RFC 7662) to learn whether a token is active and which user owns it.
   * Default: none, so there is no introspection endpoint.
   */
  readonly introspection?: readonly IntrospectionClient[] | undefined;
}

/** The options for pairing. To pair, a user connects an app from a logged-in browser. */
export interface QuickConnectOptions {
  /**
   * The link that opens the app: an https URL without a fragment. The QR code contains this link, with the data of the
   * pairing in its fragment.
   */
  readonly appLink: string;
  /**
   * The format of typed codes. `base32` means codes of the form `LLLL-CCCC-CCCC`. `digits` means 12 digits, for numeric
   * keypads. Codes of digits are easier to guess (docs/design.md states the probability). Default `base32`.
   */
  readonly codeFormat?: CodeFormat | undefined;
  /**
   * Decides which pairings the user must approve. `off` means none, `typed` means pairings by typed code, and `always`
   * means all pairings. To approve a pairing, the user reads a number in the app and types it into the browser. After
   * too many wrong codes (`limits.wrongCodesInAll`), all typed codes need approval, even with `off`. Default `off`.
   */
  readonly approval?: ApprovalPolicy | undefined;
  /**
   * The https URL of the page `activate`, without a fragment. This option enables the device flow (RFC 8628): the app
   * shows a code, and the user types the code on that page. Default: the device flow is off.
   */
  readonly verificationUri?: string | undefined;
  /**
   * If `true`, apps also get a link that contains both `verificationUri` and the user code. A television can show this
   * link as a QR code. An attacker could trick a user into opening such a link (RFC 8628 §5.4), so the page always asks
   * for confirmation. Default `false`.
   */
  readonly verificationUriComplete?: boolean | undefined;
  /** Rate limits for code attempts, new pairings and device requests. Default: the defaults of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
}

/** The options that decide which users are administrators. */
export interface AdministrationOptions {
  /**
   * The role that makes a user an administrator, with access to the page `admin` and to its API. Latchkey refuses
   * administrative changes that would leave no user with this role. Default `admin`.
   */
  readonly role?: string | undefined;
  /** If `true`, a pattern (`*`) in `groupRoles` may give the role of administrators. Default `false`. */
  readonly allowWildcard?: boolean | undefined;
}

/**
 * The options of `latchkey()`. Unknown options are refused. With `headerLogin: false`, all other options for header
 * login must be absent.
 */
export type LatchkeyOptions = ServerOptions & IdentityOptions;

/** All options of `latchkey()` except those about header login and paths. */
export interface ServerOptions {
  /** The source of truth for users, mappings and devices. */
  readonly directory: Directory;
  /** The state that instances share: `redisState(redis)`, or `memoryState()` for a single process. */
  readonly state: SharedState;
  /**
   * Links users to rows in the host's own table of users. If the proxy asserts the name of a local account in that
   * table, the option `localAccounts` applies. Default: off.
   */
  readonly hostUsers?: HostUsers | undefined;
  /** Decides which users are administrators. */
  readonly administration?: AdministrationOptions | undefined;
  /**
   * Mappings from groups to roles, in addition to the mappings in the directory. A `*` in a group matches any
   * characters. Default: none.
   */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Roles that all admitted users have, both with proxy accounts and with local accounts. Default roles are not stored,
   * and must not include the role of administrators. A default role alone does not admit a user: with
   * `mapped-groups-only`, a user still needs a mapped group or a granted role. Default: none.
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
   * If the database does not respond, Latchkey still answers requests from cached accounts for this number of seconds
   * (0.05–60). After that time, requests get 503. Use the same value on all instances.
   *
   * If an instance crashes, changes that people make wait until that instance can no longer answer from its cache. The
   * wait takes at most (`outageToleranceSeconds` + 1.5) / 0.9 seconds, which is about 7.2 seconds by default. Default
   * 5.
   */
  readonly outageToleranceSeconds?: number | undefined;
  /** The languages and the style sheet of the pages, and the name, home page and logo of your site. */
  readonly pages?: PagesOptions | undefined;
  /**
   * The address at which people log in: an https URL or a path. Pages link to this address. If the address is a path
   * and `session` is `'login-only'`, navigations that need a login are redirected there, with the parameter
   * `return_to`. The default with `'login-only'` is the route `login` of `router`. Otherwise, there is no default.
   */
  readonly loginUrl?: string | undefined;
  /**
   * The address of the proxy's own logout: an https URL or a path. `POST logout` returns this address, and the pages
   * then open it. Default: none.
   */
  readonly logoutUrl?: string | undefined;
  /** Other origins from which pages may send writes to this site. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /**
   * If `true`, GET `openapi.json` below `router` and below `tokenRouter` returns an OpenAPI 3.1 document of that router's
   * routes. The documents are the same for all clients, and list only the routes that this server has. Default `false`.
   */
  readonly openapi?: boolean | undefined;
  /**
   * Receives every event. Default: `error` events become process warnings (`LATCHKEY_ERROR`), and other events are
   * dropped.
   */
  readonly onEvent?: OnEvent | undefined;
  /**
   * The clock for sessions, tokens and times of use. The clock returns milliseconds since the Unix epoch. Default
   * `Date.now`.
   */
  readonly now?: Clock | undefined;
}
