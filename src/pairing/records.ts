// Stores pairings in the shared state. A transition reads the pairing, decides, does a compare-and-set, and retries if
// another change was faster.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { SharedState } from '../vocabulary/ports.js';
import { type Decision, decide, isUnderWay, type Pairing, type PairingEvent, tombstoneSeconds } from './pairing.js';

/** A pairing, and the time of the shared clock (milliseconds) at which it was in this state. */
export interface StoredPairing {
  readonly pairing: Pairing;
  readonly now: number;
}

/**
 * The result of a transition. If the outcome is `moved`, the pairing has been stored. `now` is milliseconds of the
 * shared clock.
 */
export interface Transition extends Decision, StoredPairing {}

/** The pairings, shared by all instances. */
export interface PairingRecords {
  /** Stores a new pairing, and stores its id under the key `finder`. Resolves to `false` when that key is taken. */
  add(pairing: Pairing, finder: string): Promise<boolean>;
  /** Removes a pairing that was not returned to any caller yet. */
  withdraw(pairing: Pairing, finder: string): Promise<void>;
  /** Reads a pairing and the time of the shared clock (milliseconds). */
  find(id: string): Promise<{ readonly pairing: Pairing | undefined; readonly now: number }>;
  /** Reads the pairings with these ids, in the same order; `undefined` where there is none. */
  list(ids: readonly string[]): Promise<readonly (Pairing | undefined)[]>;
  /**
   * Applies an event to a pairing.
   * @param from the pairing as these records have just read or stored it. If the pairing has not changed since then and
   * the event changes it, the event applies as of that time. Otherwise the pairing is read again
   * @returns `undefined` when there is no such pairing any more
   */
  transition(from: StoredPairing, event: PairingEvent): Promise<Transition | undefined>;
}

/** The channel for change notices. A message is the id of a pairing that was stored, changed or removed. */
export const pairingChannel = 'pairings';

const recordPrefix = 'pairing:';

/** The key under which the id of the pairing with this locator is stored. */
export function locatorKey(locator: string | undefined): string {
  return `pairing-locator:${locator ?? 'none'}`;
}

const maximumRounds = 50;

/** Creates the records of pairings in the shared state. */
export function pairingRecords(state: SharedState): PairingRecords {
  /**
   * The stored text of each pairing that was read or stored here. The compare-and-set needs it as the expected value.
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
   * Runs a change and publishes a change notice, unless nothing changed. A change that throws is published, too: it may
   * have taken effect although its answer was lost. The notice is sent in the background and may fail: the store
   * reports the failure, and followers read again anyway.
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
        // `from` can be stale. That is safe only when the event changes the pairing, because the compare-and-set then
        // checks the stored one.
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
