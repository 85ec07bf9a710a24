// pairing/: pairings in the shared state. A transition is read, decide, compare-and-set, and again if another was faster.
import { LatchkeyError } from '../errors.js';
import type { SharedState } from '../ports.js';
import { type Decision, decide, isUnderWay, type Pairing, type PairingEvent, tombstoneSeconds } from './pairing.js';

/** What a transition did; `moved` has been stored. `now` is milliseconds of the shared clock. */
export interface Transition extends Decision {
  readonly now: number;
}

/** The pairings of all instances. */
export interface PairingRecords {
  /** Stores a new pairing under a key of its own that finds it. `false`: that key is taken. */
  add(pairing: Pairing, finder: string): Promise<boolean>;
  /** Removes a pairing that nobody has been told of yet. */
  withdraw(pairing: Pairing, finder: string): Promise<void>;
  /** The pairing, and the shared clock's time at which it stood so (milliseconds). */
  find(id: string): Promise<{ readonly pairing: Pairing | undefined; readonly now: number }>;
  /** The pairings with these ids, where they are. */
  list(ids: readonly string[]): Promise<readonly (Pairing | undefined)[]>;
  /** Lets an event happen. `undefined`: there is no such pairing. */
  transition(id: string, event: PairingEvent): Promise<Transition | undefined>;
}

/** Carries the id of each pairing that was stored, changed or removed. */
export const pairingChannel = 'pairings';

const recordPrefix = 'pairing:';

/** The key that finds a pairing's id by its locator. */
export function locatorKey(locator: string | undefined): string {
  return `pairing-locator:${locator ?? 'none'}`;
}

const maximumRounds = 50;

/** Keeps pairings in the shared state. */
export function pairingRecords(state: SharedState): PairingRecords {
  async function read(id: string): Promise<{ text: string | undefined; now: number }> {
    const [[text], now] = await Promise.all([state.get([recordPrefix + id]), state.now()]);
    return { text, now };
  }

  /**
   * Carries out what changes the pairing and tells its followers, where it changed nothing excepted. They are told after a
   * lost answer, too: it may have been carried out. Nobody waits for the message, nor is anything undone without it: the
   * store reports that it failed, and followers read again in any case.
   */
  async function telling<Outcome>(id: string, change: () => Promise<Outcome>): Promise<Outcome> {
    let changed = true;
    try {
      const outcome = await change();
      changed = outcome !== false;
      return outcome;
    } finally {
      if (changed) state.publish(pairingChannel, id).catch(() => {});
    }
  }

  return {
    async add(pairing, finder) {
      const seconds = secondsToKeep(pairing, pairing.openedAt);
      if (!(await state.putIfAbsent(finder, pairing.id, seconds))) return false;
      await telling(pairing.id, () => state.put(recordPrefix + pairing.id, JSON.stringify(pairing), seconds));
      return true;
    },

    async withdraw(pairing, finder) {
      await telling(pairing.id, () => state.delete([recordPrefix + pairing.id, finder]));
    },

    async find(id) {
      const { text, now } = await read(id);
      return { pairing: text === undefined ? undefined : decoded(text), now };
    },

    async list(ids) {
      const texts = await state.get(ids.map((id) => recordPrefix + id));
      return texts.map((text) => (text === undefined ? undefined : decoded(text)));
    },

    async transition(id, event) {
      for (let round = 0; round < maximumRounds; round += 1) {
        const { text, now } = await read(id);
        if (text === undefined) return undefined;
        const decision = decide(decoded(text), event, now);
        if (decision.outcome !== 'moved') return { ...decision, now };
        const { pairing } = decision;
        const next = JSON.stringify(pairing);
        const seconds = secondsToKeep(pairing, now);
        if (await telling(id, () => state.compareAndSet(recordPrefix + id, text, next, seconds))) {
          return { ...decision, now };
        }
      }
      throw new LatchkeyError('ERR_STATE_UNAVAILABLE', { detail: 'The pairing changed faster than it could be read.' });
    },
  };
}

function secondsToKeep({ state, expiresAt }: Pairing, now: number): number {
  const left = isUnderWay(state) ? Math.max(0, Math.ceil((expiresAt - now) / 1000)) : 0;
  return left + tombstoneSeconds;
}

function decoded(text: string): Pairing {
  return JSON.parse(text) as Pairing;
}
