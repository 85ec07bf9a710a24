// The simulated shared state: it may answer with any value that was ever stored, and messages arrive at random times.
import { type DeviceEntry, encodeEntry, type UserEntry } from '../../../../src/directory/cache/cache-entries.js';
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import type { SharedState, Subscriber } from '../../../../src/vocabulary/ports.js';
import type { Host, Simulation } from './simulation.js';

/** The behavior of the shared state. */
export interface Malice {
  /** Chooses the answer for a key from all values that were ever stored for the same name, oldest first. */
  answer(host: Host, key: string, values: readonly string[]): string | undefined;
  /** Whether the command fails, and after how many milliseconds it answers. */
  fate(host: Host): { readonly fails: boolean; readonly delay: number };
  /** The delays in milliseconds after which a message reaches this process: none, one or several. */
  deliveries(host: Host): readonly number[];
}

/** One shared state for all processes. */
export interface SimulatedState {
  /** The port of this process. */
  port(host: Host): SharedState;
  /** Stores a value as another server on the same shared state would. */
  plant(key: string, value: string): void;
  /** The commands since the last call of `reset`. */
  readonly asked: readonly string[];
  reset(): void;
}

/** Starts empty. */
export function simulatedState(simulation: Simulation, malice: Malice): SimulatedState {
  const values = new Map<string, string[]>();
  const subscribers = new Map<Host, Subscriber>();
  let asked: string[] = [];

  function plant(key: string, value: string): void {
    const known = values.get(key) ?? [];
    values.set(key, known);
    if (!known.includes(value)) known.push(value);
  }

  function command<Result>(host: Host, name: string, run: () => Result): Promise<Result> {
    asked.push(name);
    const { fails, delay } = malice.fate(host);
    return new Promise((resolve, reject) => {
      simulation.after(
        delay,
        () => (fails ? reject(new LatchkeyError('ERR_STATE_UNAVAILABLE')) : resolve(run())),
        host,
      );
    });
  }

  return {
    plant,
    get asked() {
      return asked;
    },
    reset() {
      asked = [];
    },

    port: (host) => ({
      singleProcess: false,
      get: (keys) =>
        command(host, 'get', () => keys.map((key) => malice.answer(host, nameOf(key), values.get(nameOf(key)) ?? []))),
      put: (key, value) => command(host, 'put', () => plant(nameOf(key), value)),
      async publish(_channel, message) {
        for (const [receiver, subscriber] of subscribers) {
          for (const delay of malice.deliveries(receiver)) {
            simulation.after(delay, () => subscriber.message(message), receiver);
          }
        }
      },
      subscribe(_channel, subscriber) {
        subscribers.set(host, subscriber);
        simulation.after(1, () => subscriber.restored(), host);
        return async () => void subscribers.delete(host);
      },
      putIfAbsent: unused,
      take: unused,
      compareAndSet: unused,
      increment: unused,
      delete: unused,
      now: unused,
      close: async () => {},
    }),
  };
}

/** Returns what the key stands for, without the database and the configuration. */
function nameOf(key: string): string {
  return key.split(':').slice(3).join(':');
}

/** Stores entries of another server, whose database has rows with the same numbers: a user with every role. */
export function plantForeign(state: SimulatedState, subjects: readonly string[], hashes: readonly string[]): void {
  for (const subject of subjects) {
    for (const mapping of hashes) {
      for (let seq = 0; seq < 40; seq += 1) {
        const account = { userId: 'foreign', subject, authMethod: 'proxy', roles: new Set(['foreign']) } as const;
        const entry: UserEntry = {
          kind: 'user',
          digest: '',
          mapping,
          account: { ...account, disabled: false, pending: false },
        };
        state.plant(`u:${subject}`, JSON.stringify([seq, `foreign-${seq}`, encodeEntry(entry)]));
      }
    }
  }
}

/** The same for a device that is not revoked. */
export function plantForeignDevice(state: SimulatedState, device: DeviceEntry['device']): void {
  for (let seq = 0; seq < 40; seq += 1) {
    const entry = encodeEntry({ kind: 'device', device: { ...device, name: 'foreign' } });
    state.plant(`d:${device.id}`, JSON.stringify([seq, `foreign-${seq}`, entry]));
  }
}

async function unused(): Promise<never> {
  throw new LatchkeyError('ERR_STATE_UNAVAILABLE', { detail: 'The model does not use this verb.' });
}
