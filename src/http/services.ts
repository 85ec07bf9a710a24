// The services that the HTTP layer uses. It creates none of them, so that a test can replace each one.
import type { Administration } from '../directory/administration/administration.js';
import type { DeviceRenewal } from '../directory/resolution/device-renewal.js';
import type { HostLinks } from '../directory/resolution/host-links.js';
import type { LoginEnds } from '../directory/resolution/login-ends.js';
import type { PrincipalWatch } from '../directory/resolution/principal-watch.js';
import type { Resolver } from '../directory/resolution/resolve-principal.js';
import type { ConfiguredGroupRoles } from '../directory/resolution/role-mapping.js';
import type { Identifier } from '../identity/identify.js';
import type { Pages } from '../pages/pages.js';
import type { Pairings } from '../pairing/pairings.js';
import type { ApiTokens } from '../tokens/api-token.js';
import type { IntrospectionClients } from '../tokens/introspection-clients.js';
import type { Liveness } from '../tokens/liveness.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Clock, Provisioning } from '../vocabulary/types.js';
import type { ForeignTokens, LocalAccounts, SessionMode } from '../vocabulary/words.js';
import type { Explain } from './explain-request.js';

/** The services for paired devices and their tokens. */
export interface DeviceServices {
  readonly tokens: Pick<ApiTokens, 'verify' | 'claimsToBeOurs' | 'mint' | 'issuer' | 'audience' | 'expiryOf'>;
  readonly liveness: Pick<Liveness, 'check' | 'used' | 'asserted' | 'endsAt'>;
  /** What to do with a bearer token on an unguarded or shared path that does not claim to be ours. */
  readonly foreignTokens: ForeignTokens;
  /** Absent: token introspection is off. */
  readonly introspection?: IntrospectionClients | undefined;
  /** Absent: quick connect is off. */
  readonly quickConnect?: QuickConnectServices | undefined;
}

/** The services that pair apps. */
export interface QuickConnectServices {
  readonly pairings: Omit<Pairings, 'close'>;
  /** The URL where users type user codes: the `activate` page as users reach it. Absent: the device flow is off. */
  readonly verificationUri?: string | undefined;
  /** Whether to also hand out that URL with the code in it (RFC 8628 §3.2). Default `false`. */
  readonly verificationUriComplete?: boolean | undefined;
}

/** The services that the HTTP layer connects to Express. */
export interface HttpServices {
  readonly identifier: Pick<Identifier, 'headerLogin' | 'identify' | 'refuseIdentity' | 'trustsAddress'>;
  readonly resolver: Pick<Resolver, 'resolve' | 'find' | 'findDevice'>;
  readonly directory: Pick<Directory, 'findUserById' | 'findDevice' | 'listDevices' | 'mapping'>;
  readonly administration: Pick<Administration, 'users' | 'mappings' | 'devices' | 'audit'>;
  readonly configuredGroupRoles: ConfiguredGroupRoles;
  /** The role that `admin` requires. */
  readonly administratorRole: string;
  /** Explains the outcome of a request without making the request. */
  readonly explain: Explain;
  readonly renewal: DeviceRenewal;
  /** Creates the ids of session logins and ends those logins. */
  readonly logins: LoginEnds;
  readonly watchPrincipal: PrincipalWatch['watch'];
  /** Links users to the host's own table. Absent: the host has none. */
  readonly hostLinks?: HostLinks | undefined;
  readonly provisioning: Provisioning;
  /** Whether an assertion that names a local account is ignored or refused. */
  readonly localAccounts: LocalAccounts;
  readonly session: SessionMode;
  /** Absent: no bearer tokens, and no `tokenRouter`. */
  readonly devices?: DeviceServices | undefined;
  readonly pages?: Pages | undefined;
  /** Where people log in, if not at the route `login`. */
  readonly loginUrl?: string | undefined;
  /** Where `POST logout` redirects the browser. */
  readonly logoutUrl?: string | undefined;
  /** Origins that may send writes, besides the request's own host. */
  readonly origins?: readonly string[] | undefined;
  readonly onEvent: OnEvent;
  readonly now: Clock;
  /** Seconds between two heartbeats on an event stream. Default 15. */
  readonly heartbeatSeconds?: number | undefined;
}
