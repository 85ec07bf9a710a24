// Builds real services for a host in the tests, with memory stores by default.
import { type Administration, administration } from '../../src/directory/administration/administration.js';
import { accountExplainer } from '../../src/directory/administration/explain-account.js';
import { principalCache } from '../../src/directory/cache/principal-cache.js';
import { decideAdmission } from '../../src/directory/resolution/admission.js';
import { deviceRenewal } from '../../src/directory/resolution/device-renewal.js';
import { hostLinks } from '../../src/directory/resolution/host-links.js';
import { loginEnds } from '../../src/directory/resolution/login-ends.js';
import { principalWatch } from '../../src/directory/resolution/principal-watch.js';
import { resolver } from '../../src/directory/resolution/resolve-principal.js';
import { configuredGroupRoles, defaultAdministrator } from '../../src/directory/resolution/role-mapping.js';
import { explainer } from '../../src/http/explain-request.js';
import type { Http } from '../../src/http/host-interface.js';
import { http } from '../../src/http/http.js';
import type { DeviceServices, HttpServices } from '../../src/http/services.js';
import { type HeaderLogin, identifier } from '../../src/identity/identify.js';
import { type Pairings, pairings } from '../../src/pairing/pairings.js';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type ApiTokens, apiTokens } from '../../src/tokens/api-token.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { liveness } from '../../src/tokens/liveness.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { type HostOptions, sharedPaths, sharedSecret } from './host-options.js';

/** The services of a host, and what Express mounts of them. */
export interface TestServices {
  readonly auth: Http;
  /** What `auth` was made of. */
  readonly served: HttpServices;
  readonly directory: Directory;
  readonly state: SharedState;
  readonly administration: Administration;
  readonly tokens: ApiTokens;
  readonly pairings: Pairings;
  readonly events: LatchkeyEvent[];
  close(): Promise<void>;
}

/** Builds the services. */
export function hostServices(options: HostOptions): TestServices {
  const { directory = memoryDirectory(), state = memoryState(), store } = options;
  const events: LatchkeyEvent[] = [];
  const onEvent = (event: LatchkeyEvent) => void events.push(event);
  const now = Date.now;
  const {
    tokens: otherTokens,
    liveness: otherLiveness,
    foreignTokens = 'refuse',
    introspection,
    ...replaced
  } = options.services ?? {};
  const { pairings: otherPairings, verificationUri, verificationUriComplete, ...services } = replaced;
  const { provisioning = 'create' } = services;
  const { hostUsers, subjectCase = 'exact' } = options;
  const configured = configuredGroupRoles({ admins: ['admin'] });
  const { journal } = directory;
  const cache = principalCache({ journal, state, configuration: configured.fingerprint, onEvent });
  const accounts = resolver({ directory, cache, configured, provisioning, subjectCase, onEvent });
  const watching = principalWatch({ resolver: accounts, cache, provisioning, now });
  const administrator = defaultAdministrator;
  const administer = administration({ directory, cache, configured, administrator, subjectCase, now, onEvent });
  const keys = keyRing([{ kid: 'one', secret: 'k'.repeat(32) }]);
  const tokens = apiTokens({ keys, issuer: 'https://api.example.com/auth', now });
  const lending = pairings({
    state,
    directory,
    async findAccount(subject) {
      const account = await accounts.find(subject);
      return decideAdmission(account, 'token', provisioning).admitted ? account : undefined;
    },
    revokeDevice: administer.devices.revoke,
    keys,
    tokens,
    appLink: 'https://music.example.com/link',
    onEvent,
  });
  const login: HeaderLogin = {
    trustedProxies: options.untrusted ? ['192.0.2.1'] : ['loopback'],
    headers: 'authelia',
    subjectCase,
    proxySecret: options.shared ? sharedSecret : undefined,
  };
  const trust = identifier({
    ...(options.withoutHeaderLogin ? ({ headerLogin: false } as const) : login),
    unguardedPaths: ['/api'],
    sharedPaths: options.shared ? sharedPaths : undefined,
  });
  const alive = liveness({ directory, now, onEvent });
  const quickConnect = { pairings: otherPairings ?? lending, verificationUri, verificationUriComplete };
  const devices: DeviceServices = {
    tokens: otherTokens ?? tokens,
    liveness: otherLiveness ?? alive,
    foreignTokens,
    introspection,
    quickConnect: options.withoutPairings ? undefined : quickConnect,
  };
  const links = hostUsers && hostLinks({ hostUsers, directory, cache, resolver: accounts, onEvent });
  const served: HttpServices = {
    identifier: trust,
    resolver: accounts,
    directory,
    configuredGroupRoles: configured,
    administratorRole: administrator.role,
    explain: explainer({
      identifier: trust,
      accounts: accountExplainer({ directory, configured, provisioning, subjectCase, links }),
      localIsIgnored: true,
    }),
    watchPrincipal: watching.watch,
    renewal: deviceRenewal({ directory, cache, now, onEvent }),
    logins: loginEnds({ directory, cache, now }),
    hostLinks: links,
    provisioning,
    localAccounts: 'ignore',
    session: store === null ? 'none' : 'every-request',
    devices: options.withoutTokens ? undefined : devices,
    onEvent,
    now,
    ...services,
    administration: { ...administer, ...services.administration },
  };

  return {
    auth: http(served),
    served,
    directory,
    state,
    administration: administer,
    tokens,
    pairings: lending,
    events,
    async close() {
      await alive.close();
      await lending.close();
      watching.close();
      await accounts.close();
      await state.close();
    },
  };
}
