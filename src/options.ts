// Options: what a host may say. option-checks.ts checks it.
import type { SessionMode } from './http/services.js';
import type { IdentityOptions } from './identity/identify.js';
import type { PagesOptions } from './pages/pages.js';
import type { LimitOptions } from './pairing/limits.js';
import type { CodeFormat } from './pairing/pairing-code.js';
import type { ApprovalPolicy } from './pairing/redeem.js';
import type { IntrospectionClient } from './tokens/introspection-clients.js';
import type { SigningKey } from './tokens/key-ring.js';
import type { Directory, SharedState } from './vocabulary/ports.js';
import type { Clock, OnEvent, Provisioning } from './vocabulary/types.js';

/** What devices carry. */
export interface TokenOptions {
  /** The first key signs, every key verifies: put a new one in front, drop the old one when its tokens are gone. */
  readonly keys: readonly SigningKey[];
  /** The https address at which apps reach `tokenRouter`; the tokens' `iss` (RFC 7519 §4.1.1), and in the QR. */
  readonly issuer: string;
  /** The tokens' `aud` (RFC 7519 §4.1.3). Default: the issuer. */
  readonly audience?: string | undefined;
  /** Days until a token ends, unless its device renews it. Default 365. */
  readonly lifetimeDays?: number | undefined;
  /** Days after pairing at which a device ends for good, however often it renews; at least `lifetimeDays`. Default: none. */
  readonly maximumDays?: number | undefined;
  /** Days without use after which a device's token ends, at least 1. Default: none. */
  readonly idleDays?: number | undefined;
  /** How many devices one user may have. A new one beyond that is refused; none is ever put out. Default 50. */
  readonly maximumDevices?: number | undefined;
  /**
   * Days, at least 1, after which the tokens of a proxy user rest (403) unless the proxy has logged their owner in; they
   * work again after the next login. Default: none.
   */
  readonly suspendAfterDays?: number | undefined;
  /**
   * What becomes of a bearer token on an unguarded path that does not say it is Latchkey's, by its issuer or by its type and
   * key: `refuse` answers 401, `pass` goes on as not logged in, for a host that has tokens of its own. One that says so
   * and does not verify is always 401. Default `refuse`.
   */
  readonly foreignTokens?: 'refuse' | 'pass' | undefined;
  /** Other servers that may ask what a token is worth, and whose (RFC 7662). Default: none, and no endpoint for it. */
  readonly introspection?: readonly IntrospectionClient[] | undefined;
}

/** How a browser lends its login to a device. */
export interface QuickConnectOptions {
  /** The app's link, an https address without a fragment: the QR carries it with the pairing in the fragment. */
  readonly appLink: string;
  /** `base32`: `LLLL-CCCC-CCCC`; `digits`: for numeric keypads, weaker (docs/design.md has the bound). Default `base32`. */
  readonly codeFormat?: CodeFormat | undefined;
  /**
   * Which claims a person must approve in the browser, by a number that the app shows: none (`off`), those by typed code
   * (`typed`), or those by QR code, too (`always`). While wrong codes pile up, typed ones always need it. Default `off`.
   */
  readonly approval?: ApprovalPolicy | undefined;
  /**
   * Where people reach the page `activate`, an https address without a fragment. With it apps can ask to be let in and
   * show a code that is typed there (RFC 8628). Default: they cannot.
   */
  readonly verificationUri?: string | undefined;
  /**
   * Also hand apps that address with the code in it, for a QR code on a television. Somebody can then be talked into
   * opening a link (RFC 8628 §5.4), so the page asks all the same. Default `false`.
   */
  readonly verificationUriComplete?: boolean | undefined;
  /** How often codes may be tried, pairings opened and devices ask. Default: those of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
}

/** Who administers. */
export interface AdministrationOptions {
  /** The role that opens `admin`, and that the last who has it cannot lose. Default `admin`. */
  readonly role?: string | undefined;
  /** Whether `groupRoles` may give that role by a pattern (`*`). Default `false`. */
  readonly allowWildcard?: boolean | undefined;
}

/** Everything `latchkey()` takes. Unknown names are refused. */
export interface LatchkeyOptions extends IdentityOptions {
  /** Users, mappings and devices: the authority. */
  readonly directory: Directory;
  /** What instances share: `redisState(redis)`; `memoryState()` for a single process. */
  readonly state: SharedState;
  /** Who may come in on first sight. Default `create`. */
  readonly provisioning?: Provisioning | undefined;
  /** An assertion that names a local account: `ignore` goes on as not logged in, `refuse` answers 403. Default `ignore`. */
  readonly localAccounts?: 'ignore' | 'refuse' | undefined;
  /** Who administers, by `admin` below `router` and by function. */
  readonly administration?: AdministrationOptions | undefined;
  /** Mappings from configuration, beside those in the directory. A `*` stands for any characters. Default none. */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Default `every-request`. */
  readonly session?: SessionMode | undefined;
  /** API tokens. Default: none, and `tokenRouter` is not there. Needs `unguardedPaths`. */
  readonly tokens?: TokenOptions | undefined;
  /** Pairing. Default: off. Needs `tokens`. */
  readonly quickConnect?: QuickConnectOptions | undefined;
  /**
   * How long warm requests go on while the database does not answer, in seconds, 0.05–60; then they get 503. A change by
   * people waits as much longer as an instance that died without a word may still rely on its memory: (this + 1.5) / 0.9 seconds
   * at most. Give all instances the same. Default 5, so 7.3.
   */
  readonly outageToleranceSeconds?: number | undefined;
  /** The look and the languages of the pages. */
  readonly pages?: PagesOptions | undefined;
  /** Where `POST logout` sends the browser: the proxy's own logout, an https address or a path. Default: none. */
  readonly logoutUrl?: string | undefined;
  /** Origins besides the request's own host from which cookie-borne writes are accepted. Default none. */
  readonly origins?: readonly string[] | undefined;
  /** Receives every event. Default: `error` events become process warnings (`LATCHKEY_ERROR`), and nobody hears the others. */
  readonly onEvent?: OnEvent | undefined;
  /** The clock for sessions, tokens and last use. Default `Date.now`. */
  readonly now?: Clock | undefined;
}
