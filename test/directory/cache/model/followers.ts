// Processes that follow a simulated journal, without any other part of the product.
import type { Coherence } from '../../../../src/directory/cache/coherence.js';
import { journalCoherence } from '../../../../src/directory/cache/journal-coherence.js';
import type { SharedState, Subscriber } from '../../../../src/vocabulary/ports.js';
import { type Database, database } from './database.js';
import { type LinkControl, link } from './link.js';
import { type SimulatedState, simulatedState } from './shared-state.js';
import { type Host, type Simulation, simulation } from './simulation.js';
import { times } from './stage.js';

/** One process. */
export interface Follower {
  readonly host: Host;
  readonly link: LinkControl;
  readonly coherence: Coherence;
  /** The notifications that it received, in order. */
  readonly told: string[];
  /** Its subscription to messages. */
  readonly subscriber: Subscriber | undefined;
  /** Writes a row with these keys, and waits until all processes have applied it. */
  change(...keys: readonly string[]): { readonly returned: boolean };
}

/** Several processes, and what they share. */
export interface Followers {
  readonly time: Simulation;
  readonly db: Database;
  readonly state: SimulatedState;
  /** Whether messages arrive. Default: yes. */
  notices: boolean;
  start(name: string, options?: { readonly singleProcess?: boolean; readonly changesWriteRows?: boolean }): Follower;
  /** Starts processes and waits until they answer from memory and are past the time in which their changes wait. */
  settled(...names: readonly string[]): Promise<readonly Follower[]>;
  one(): Promise<Follower>;
  two(): Promise<readonly [Follower, Follower]>;
}

/** Starts without processes. */
export function followers(): Followers {
  const time = simulation(() => {});
  const db = database({ committed() {}, noted() {}, restored() {} }, new Set());
  const state = simulatedState(time, {
    answer: () => undefined,
    fate: () => ({ fails: false, delay: 1 }),
    deliveries: () => (self.notices ? [1] : []),
  });

  const self: Followers = {
    time,
    db,
    state,
    notices: true,

    start(name, { singleProcess = false, changesWriteRows = true } = {}) {
      const host = time.host(name, 1);
      const fate = () => ({ request: 1, answer: 1, outcome: 'answered' }) as const;
      const ours = link({ simulation: time, host, fate, call: () => undefined });
      const told: string[] = [];
      const simulated = state.port(host);
      let subscriber: Subscriber | undefined;
      const port: SharedState = {
        ...simulated,
        singleProcess,
        subscribe(channel, given) {
          subscriber = given;
          return simulated.subscribe(channel, given);
        },
      };
      const coherence = journalCoherence({
        journal: db.directory(ours).journal,
        changesWriteRows,
        state: port,
        clock: host.clock,
        outageToleranceSeconds: 5,
        ttlSeconds: 600,
        listener: {
          changed: (keys) => told.push(`changed ${keys.join()}`),
          reset: () => told.push('reset'),
          lost: () => told.push('lost'),
          restored: () => told.push('restored'),
        },
        notShared: () => told.push('not shared'),
        messages: { lost: () => told.push('misses messages'), restored: () => told.push('has messages') },
      });
      return {
        host,
        link: ours,
        coherence,
        told,
        get subscriber() {
          return subscriber;
        },
        change(...keys) {
          const call = { returned: false };
          void coherence
            .note(keys)
            .then(() => coherence.everywhere())
            .then(() => {
              call.returned = true;
            });
          return call;
        },
      };
    },

    async settled(...names) {
      const all: Follower[] = [];
      for (const name of names) {
        all.push(self.start(name));
        await time.run(20);
      }
      await time.run(2 * times.wait);
      for (const follower of all) {
        follower.link.reset();
        follower.told.splice(0);
      }
      return all;
    },

    one: async () => (await self.settled('A'))[0] as Follower,
    two: async () => (await self.settled('A', 'B')) as unknown as readonly [Follower, Follower],
  };
  return self;
}
