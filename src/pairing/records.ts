// Stores pairings in the shared state. A transition reads the pairing, computes the next state, and stores the result
// by compare-and-set. If another change was stored first, the transition starts again.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { SharedState } from '../vocabulary/ports.js';
import { type Decision, decide, isUnderWay, type Pairing, type PairingEvent, tombstoneSeconds } from './pairing.js';

/**
 * A pairing, and the time at which the pairing was in this state, in milliseconds since the epoch by the shared clock.
 */
export interface StoredPairing {
  readonly pairing: Pairing;
  readonly now: number;
}

/** The result of a transition. If the outcome is `moved`, the pairing has been stored. */
export interface Transition extends Decision, StoredPairing {}

/** The stored pairings, which all instances share. */
export interface PairingRecords {
  /**
   * Stores a new pairing, and stores the pairing's id under the key `finder`. Resolves to `false` if that key is taken.
   */
  add(pairing: Pairing, finder: string): Promise<boolean>;
  /** Removes a pairing that was never returned to a caller. */
  withdraw(pairing: Pairing, finder: string): Promise<void>;
  /** Reads a pairing, and the time of the shared clock in milliseconds since the epoch. */
  find(id: string): Promise<{ readonly pairing: Pairing | undefined; readonly now: number }>;
  /**
   * Reads the pairings with these ids, in the same order. The result contains `undefined` for each id without a
   * pairing.
   */
  list(ids: readonly string[]): Promise<readonly (Pairing | undefined)[]>;
  /**
   * Applies an event to a pairing.
   * @param from The pairing as this object has just read or stored it. If the event changes the pairing, and the stored
   * pairing is still the same, the event applies at the time `from.now`. Otherwise, this function reads the pairing
   * again.
   * @returns `undefined` when the pairing no longer exists
   */
  transition(from: StoredPairing, event: PairingEvent): Promise<Transition | undefined>;
}

/** The channel for change notices. Each message is the id of a pairing that was stored, changed or removed. */
export const pairingChannel = 'pairings';

const recordPrefix = 'pairing:';

/** Returns the key under which the shared state stores the id of the pairing with this locator. */
export function locatorKey(locator: string | undefined): string {
  return `pairing-locator:${locator ?? 'none'}`;
}

const maximumRounds = 50;

/** Creates the service that stores pairings in the shared state. */
export function pairingRecords(state: SharedState): PairingRecords {
  /**
   * Maps each pairing that was read or stored here to its stored text. The compare-and-set needs this text as the
   * expected value.
   */
  const texts = new WeakMap<Pairing, string>();

  function remembered(pairing: Pairing, text: string): Pairing {
    texts.set(pairing, text);
    return pairing;
  }

  async function find(id: string): Promise<{ readonly pairing: Pairing | undefined; readonly now: number }> {
    const [[text], now] = await Promise.all([state.get([recordPrefix + id]), state.now()]);
    return { pairing: text === undefined ? undefined : remembered(decoded(text), text), now };
  }

  /**
   * Runs a change and publishes a change notice, unless nothing changed. If the change throws, the notice is published
   * too, because the change might have taken effect although its answer was lost. The caller does not wait for the
   * notice. If the publication fails, the store reports the failure. Followers also read the pairing again at their
   * interval.
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

  async function add(pairing: Pairing, finder: string): Promise<boolean> {
    const seconds = secondsToKeep(pairing, pairing.openedAt);
    if (!(await state.putIfAbsent(finder, pairing.id, seconds))) return false;
    await telling(pairing.id, () => state.put(recordPrefix + pairing.id, JSON.stringify(pairing), seconds));
    return true;
  }

  async function withdraw(pairing: Pairing, finder: string): Promise<void> {
    await telling(pairing.id, () => state.delete([recordPrefix + pairing.id, finder]));
  }

  async function list(ids: readonly string[]): Promise<readonly (Pairing | undefined)[]> {
    const found = await state.get(ids.map((id) => recordPrefix + id));
    return found.map((text) => (text === undefined ? undefined : decoded(text)));
  }

  async function transition(from: StoredPairing, event: PairingEvent): Promise<Transition | undefined> {
    const { id } = from.pairing;
    for (let round = 0; round < maximumRounds; round += 1) {
      const { pairing: present, now } = round === 0 ? from : await find(id);
      if (present === undefined) return undefined;
      const decision = decide(present, event, now);
      const expected = texts.get(present);
      if (decision.outcome !== 'moved' || expected === undefined) {
        // The pairing in `from` may be stale. It is used only if the event changes it, because the compare-and-set then
        // checks the stored pairing.
        if (present === from.pairing) continue;
        return { ...decision, now };
      }
      const next = JSON.stringify(decision.pairing);
      const seconds = secondsToKeep(decision.pairing, now);
      if (await telling(id, () => state.compareAndSet(recordPrefix + id, expected, next, seconds))) {
        return { ...decision, pairing: remembered(decision.pairing, next), now };
      }
    }
    throw new LatchkeyError('ERR_STATE_UNAVAILABLE', { detail: 'The pairing kept changing while it was read.' });
  }

  return { add, withdraw, find, list, transition };
}

function secondsToKeep({ state, expiresAt }: Pairing, now: number): number {
  const left = isUnderWay(state) ? Math.max(0, Math.ceil((expiresAt - now) / 1000)) : 0;
  return left + tombstoneSeconds;
}

function decoded(text: string): Pairing {
  return JSON.parse(text) as Pairing;
}
