// The services that the HTTP layer uses. The HTTP layer does not create them itself, so that tests can replace them.
import type { Administration } from '../directory/administration/administration.js';
import type { DeviceRenewal } from '../directory/resolution/device-renewal.js';
import type { HostLinks } from '../directory/resolution/host-links.js';
import type { LoginEnds } from '../directory/resolution/login-ends.js';
import type { PrincipalWatch } from '../directory/resolution/principal-watch.js';
import type { Resolver } from '../directory/resolution/resolve-principal.js';
import type { ConfiguredGroupRoles } from '../directory/resolution/role-mapping.js';
import type { Identifier } from '../identity/identify.js';
import type { Telemetry } from '../metrics/telemetry.js';
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
  /** Decides how Latchkey treats bearer tokens of other issuers. */
  readonly foreignTokens: ForeignTokens;
  /** This member is absent if token introspection is off. */
  readonly introspection?: IntrospectionClients | undefined;
  /** This member is absent if quick connect is off. */
  readonly quickConnect?: QuickConnectServices | undefined;
}

/** The services that pair apps. */
export interface QuickConnectServices {
  readonly pairings: Omit<Pairings, 'close'>;
  /**
   * The public URL of the page `activate`, on which users type user codes. This member is absent if the device flow is
   * off.
   */
  readonly verificationUri?: string | undefined;
  /**
   * If `true`, apps also get a link that contains both `verificationUri` and the user code (RFC 8628 §3.2). Default
   * `false`.
   */
  readonly verificationUriComplete?: boolean | undefined;
}

/** The services that the HTTP layer connects to Express. */
export interface HttpServices {
  readonly identifier: Pick<Identifier, 'headerLogin' | 'identify' | 'refuseIdentity' | 'trustsAddress'>;
  readonly resolver: Pick<Resolver, 'resolve' | 'find' | 'findDevice'>;
  readonly directory: Pick<Directory, 'findUserById' | 'findDevice' | 'listDevices' | 'mapping'>;
  readonly administration: Pick<Administration, 'users' | 'mappings' | 'devices' | 'audit'>;
  readonly configuredGroupRoles: ConfiguredGroupRoles;
  /** The role that the routes below `admin` require. */
  readonly administratorRole: string;
  /** Explains the outcome of a hypothetical request. */
  readonly explain: Explain;
  readonly renewal: DeviceRenewal;
  /** Creates the ids of session logins, and ends session logins. */
  readonly logins: LoginEnds;
  readonly watchPrincipal: PrincipalWatch['watch'];
  /** Links users to rows in the host's own table of users. This member is absent if the host has no such table. */
  readonly hostLinks?: HostLinks | undefined;
  readonly provisioning: Provisioning;
  /** Decides whether an assertion that names a local account is ignored or refused. */
  readonly localAccounts: LocalAccounts;
  readonly session: SessionMode;
  /** This member is absent if the option `tokens` is not set. */
  readonly devices?: DeviceServices | undefined;
  readonly pages?: Pages | undefined;
  /** The address at which people log in, unless they use the route `login`. */
  readonly loginUrl?: string | undefined;
  /** The address of the proxy's logout, which `POST logout` returns. */
  readonly logoutUrl?: string | undefined;
  /** Other origins from which pages may send writes to this site. */
  readonly origins?: readonly string[] | undefined;
  /** If `true`, both routers serve their OpenAPI documents. Default `false`. */
  readonly openapi?: boolean | undefined;
  readonly onEvent: OnEvent;
  readonly now: Clock;
  /** Counts and traces requests. Default: nothing is counted. */
  readonly telemetry?: Telemetry | undefined;
  /** The number of seconds between two heartbeats on an event stream. Default 15. */
  readonly heartbeatSeconds?: number | undefined;
}
