// What this room is handed. It makes nothing itself, so every rule of another room can be swapped in a test.
import type { Administration } from '../directory/administration/administration.js';
import type { DeviceRenewal } from '../directory/resolution/device-renewal.js';
import type { LoginEnds } from '../directory/resolution/login-ends.js';
import type { PrincipalWatch } from '../directory/resolution/principal-watch.js';
import type { Resolver } from '../directory/resolution/resolve-principal.js';
import type { Identifier } from '../identity/identify.js';
import type { Pairings } from '../pairing/pairings.js';
import type { ApiTokens } from '../tokens/api-token.js';
import type { IntrospectionClients } from '../tokens/introspection-clients.js';
import type { Liveness } from '../tokens/liveness.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Clock, OnEvent, Provisioning } from '../vocabulary/types.js';
import type { Explain } from './explain-request.js';

/** How logins and the host's session go together. */
export type SessionMode = 'every-request' | 'login-only' | 'none';

/** The pages that there are, by the last segment of their path. */
export type PageName = 'quick-connect' | 'activate' | 'admin';

/** The pages and what they load, as text. */
export interface Pages {
  readonly names: readonly PageName[];
  /** The languages that they come in, by tag; the first is for whoever accepts none of them. */
  readonly languages: readonly string[];
  page(name: PageName, language?: string): { readonly language: string; readonly html: string; readonly csp: string };
  asset(name: string): { readonly body: string; readonly type: string } | undefined;
}

/** The services that the HTTP room connects to Express. */
export interface HttpServices {
  readonly identifier: Pick<Identifier, 'identify' | 'refuseIdentity' | 'trustsAddress'>;
  readonly resolver: Pick<Resolver, 'resolve' | 'find' | 'findDevice'>;
  readonly directory: Pick<Directory, 'findUserById' | 'findDevice'>;
  readonly administration: Pick<Administration, 'users' | 'mappings' | 'devices' | 'audit'>;
  /** The role that opens `admin`. */
  readonly administratorRole: string;
  /** What would become of a request, without one. */
  readonly explain: Explain;
  readonly renewal: DeviceRenewal;
  /** Logins by session: their ids, and their ends. */
  readonly logins: LoginEnds;
  readonly watchPrincipal: PrincipalWatch['watch'];
  readonly provisioning: Provisioning;
  /** What becomes of an assertion that names a local account. */
  readonly localAccounts: 'ignore' | 'refuse';
  readonly session: SessionMode;
  /** Absent: no bearer tokens, and no `tokenRouter`. */
  readonly tokens?: Pick<ApiTokens, 'verify' | 'claimsToBeOurs' | 'mint' | 'issuer' | 'audience' | 'expiryOf'>;
  /** What becomes of a bearer token on an unguarded path that does not say it is ours. Default `refuse`. */
  readonly foreignTokens?: 'refuse' | 'pass';
  /** Absent: no server may ask about tokens. */
  readonly introspection?: IntrospectionClients;
  /** Absent: no idle expiry, no suspension, and nobody hears of uses and logins. */
  readonly liveness?: Pick<Liveness, 'check' | 'used' | 'asserted' | 'endsAt'>;
  /** Absent: no quick connect. */
  readonly pairings?: Omit<Pairings, 'close'>;
  /** Where people type user codes: the `activate` page as they reach it. Absent: the device's door is closed. */
  readonly verificationUri?: string;
  /** Also hand out that address with the code in it (RFC 8628 §3.2). */
  readonly verificationUriComplete?: boolean;
  readonly pages?: Pages;
  /** Where `POST logout` sends the browser afterwards. */
  readonly logoutUrl?: string;
  /** Origins besides the request's own host that may write. */
  readonly origins?: readonly string[];
  readonly onEvent: OnEvent;
  readonly now: Clock;
  /** Seconds between two signs of life on an event stream. Default 15. */
  readonly heartbeatSeconds?: number;
}
