// Checks whether the directory and the shared state answer, and whether this instance can still serve requests.
import { errorEvent } from '../../vocabulary/error-events.js';
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { Directory, SharedState } from '../../vocabulary/ports.js';
import type { HealthStatus } from '../../vocabulary/words.js';
import type { CacheClock } from '../cache/clock.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { within } from '../cache/time-limit.js';

/** A component that does not work. */
export interface HealthProblem {
  /** The directory (users, devices and mappings), or the shared state (Redis). */
  readonly component: 'directory' | 'state';
  /** One of the error codes of docs/errors.md. */
  readonly code: ErrorCode;
  /** The SQLSTATE, the first word of Redis' answer, or the driver's own code, such as `ECONNREFUSED`. */
  readonly reason?: string | undefined;
}

/** Whether this instance can serve requests. */
export interface Health {
  readonly status: HealthStatus;
  /** Empty if the status is `ready`. The problems contain no names, addresses or values. */
  readonly problems: readonly HealthProblem[];
}

/** The dependencies of `healthCheck`. */
export interface HealthOptions {
  readonly directory: Pick<Directory, 'listUsers'>;
  readonly state: Pick<SharedState, 'now'>;
  /** Returns whether this process answers known users from memory while the directory does not answer. */
  readonly survivesOutage: PrincipalCache['relies'];
  readonly clock: CacheClock;
}

/** The number of milliseconds after which a component that does not answer counts as failed. */
const patience = 2000;

/** The number of milliseconds for which calls share the result of a check. */
const shared = 1000;

/** Creates the function that checks the health. At most one read of each component is unanswered at a time. */
export function healthCheck({ directory, state, survivesOutage, clock }: HealthOptions): () => Promise<Health> {
  let latest: { readonly at: number; readonly result: Promise<Health> } | undefined;

  const readDirectory = oneAtATime(() => directory.listUsers({ limit: 1 }));
  const readState = oneAtATime(() => state.now());

  async function check(): Promise<Health> {
    const found = await Promise.all([problemOf('directory', readDirectory), problemOf('state', readState)]);
    const problems = found.filter((problem) => problem !== undefined);
    const lost = problems.some(({ component }) => component === 'directory') && !survivesOutage();
    const impaired = problems.length > 0 ? 'degraded' : 'ready';
    return { status: lost ? 'unavailable' : impaired, problems };
  }

  async function problemOf(
    component: HealthProblem['component'],
    ask: () => Promise<unknown>,
  ): Promise<HealthProblem | undefined> {
    const fallback = component === 'directory' ? 'ERR_DIRECTORY_UNAVAILABLE' : 'ERR_STATE_UNAVAILABLE';
    const answer = async (): Promise<HealthProblem | 'answered'> => {
      try {
        await ask();
        return 'answered';
      } catch (error) {
        const { code, reason } = errorEvent(error, fallback);
        return { component, code, reason };
      }
    };
    const outcome = (await within(clock, patience, answer())) ?? { component, code: fallback };
    return outcome === 'answered' ? undefined : outcome;
  }

  return () => {
    const now = clock.monotonic();
    if (latest === undefined || now - latest.at >= shared) {
      const begun = { at: Number.POSITIVE_INFINITY, result: check() };
      latest = begun;
      // The result counts from its end, so that a slow component does not cause several checks at once.
      void begun.result.then(() => {
        if (latest === begun) latest = { at: clock.monotonic(), result: begun.result };
      });
    }
    return latest.result;
  };
}

/** Lets calls share an unanswered read, so that a component that hangs does not get more and more reads. */
function oneAtATime(read: () => Promise<unknown>): () => Promise<unknown> {
  let unanswered: Promise<unknown> | undefined;
  return () => {
    unanswered ??= read().finally(() => {
      unanswered = undefined;
    });
    return unanswered;
  };
}
