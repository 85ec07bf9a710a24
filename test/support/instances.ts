// Instances of src/directory/, which share a directory and a state.
import { type Administration, administration } from '../../src/directory/administration/administration.js';
import type { CacheClock } from '../../src/directory/cache/clock.js';
import { type PrincipalCache, principalCache } from '../../src/directory/cache/principal-cache.js';
import { type Resolver, type ResolverOptions, resolver } from '../../src/directory/resolution/resolve-principal.js';
import { configuredGroupRoles, defaultAdministrator } from '../../src/directory/resolution/role-mapping.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { Clock } from '../../src/vocabulary/types.js';

/** The parts of src/directory/ in one process of a server. */
export interface Instance {
  readonly resolver: Resolver;
  readonly administration: Administration;
  readonly cache: PrincipalCache;
  readonly events: readonly LatchkeyEvent[];
}

/** Starts an instance. The caller closes its resolver. */
export function instance(
  options: Partial<Omit<ResolverOptions, 'directory' | 'cache' | 'configured' | 'onEvent'>> & {
    readonly groupRoles?: Readonly<Record<string, readonly string[]>>;
    readonly directory: Directory;
    readonly state: SharedState;
    readonly now?: Clock;
    /** Default: 5 in a single process, where no change has to wait this long; otherwise 0.5. */
    readonly outageToleranceSeconds?: number;
    readonly clock?: CacheClock;
    readonly localEntries?: number;
  },
): Instance {
  const {
    directory,
    state,
    now = Date.now,
    groupRoles = {},
    provisioning = 'create',
    subjectCase,
    ...limits
  } = options;
  const outageToleranceSeconds = state.singleProcess ? 5 : 0.5;
  const events: LatchkeyEvent[] = [];
  const onEvent = (event: LatchkeyEvent) => events.push(event);
  const configured = configuredGroupRoles(groupRoles);
  const { journal } = directory;
  const cache = principalCache({
    outageToleranceSeconds,
    ...limits,
    state,
    journal,
    configuration: configured.fingerprint,
    onEvent,
  });
  return {
    cache,
    events,
    resolver: resolver({ directory, cache, configured, provisioning, subjectCase, onEvent }),
    administration: administration({ directory, cache, configured, administrator: defaultAdministrator, now, onEvent }),
  };
}
