// Pairings in the shared state. A transition is read, decide, compare-and-set, and again if another was faster.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { SharedState } from '../vocabulary/ports.js';
import { type Decision, decide, isUnderWay, type Pairing, type PairingEvent, tombstoneSeconds } from './pairing.js';

/** A pairing as it stood at an instant of the shared clock, in milliseconds. */
export interface StoredPairing {
  readonly pairing: Pairing;
  readonly now: number;
}

/** What a transition did; `moved` has been stored. `now` is milliseconds of the shared clock. */
export interface Transition extends Decision, StoredPairing {}

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
  /**
   * Lets an event happen. `undefined`: there is no such pairing.
   * @param from what these records have just read or stored, which spares a reading: where the event moves it, and it has not
   * changed since, it happens as of then. Default: the pairing is read
   */
  transition(id: string, event: PairingEvent, from?: StoredPairing): Promise<Transition | undefined>;
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
  /** The text of each pairing that was read or stored here: what it is exchanged for must be compared with. */
  const texts = new WeakMap<Pairing, string>();

  function remembered(pairing: Pairing, text: string): Pairing {
    texts.set(pairing, text);
    return pairing;
  }

  async function read(id: string): Promise<{ readonly pairing: Pairing | undefined; readonly now: number }> {
    const [[text], now] = await Promise.all([state.get([recordPrefix + id]), state.now()]);
    return { pairing: text === undefined ? undefined : remembered(decoded(text), text), now };
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

    find: read,

    async list(ids) {
      const found = await state.get(ids.map((id) => recordPrefix + id));
      return found.map((text) => (text === undefined ? undefined : decoded(text)));
    },

    async transition(id, event, from) {
      for (let round = 0; round < maximumRounds; round += 1) {
        const { pairing: present, now } = round === 0 && from !== undefined ? from : await read(id);
        if (present === undefined) return undefined;
        const decision = decide(present, event, now);
        const expected = texts.get(present);
        // What was read before is good for an exchange only, which looks at the pairing itself.
        if (present === from?.pairing && (decision.outcome !== 'moved' || expected === undefined)) continue;
        if (decision.outcome !== 'moved' || expected === undefined) return { ...decision, now };
        const next = JSON.stringify(decision.pairing);
        const seconds = secondsToKeep(decision.pairing, now);
        if (await telling(id, () => state.compareAndSet(recordPrefix + id, expected, next, seconds))) {
          return { ...decision, pairing: remembered(decision.pairing, next), now };
        }
      }
      throw new LatchkeyError('ERR_STATE_UNAVAILABLE', { detail: 'The pairing kept changing while it was read.' });
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
