// Limits how many pairings a user can have under way at once.
import { collectSeconds, decisionSeconds, isUnderWay, pairingSeconds, statusAt } from './pairing.js';
import type { StoredPairing } from './records.js';
import type { PairingServices } from './services.js';

/** The number of pairings that a user can have under way. Another one is refused; none is ended to make room. */
export const openPairings = 3;

/**
 * The longest time that a pairing can be under way, when it is claimed at the last moment and then approved at the
 * last moment.
 */
const claimSeconds = pairingSeconds + decisionSeconds + collectSeconds;

/**
 * Claims one of the user's three places for a pairing. A place is free when no pairing holds it or when the pairing
 * that holds it has ended. The new pairing must already be stored: then a pairing that holds a place and cannot be
 * found no longer exists.
 * @returns `false` when the user has three pairings under way
 */
export async function claimOpenPairing(
  { state, records }: Pick<PairingServices, 'state' | 'records'>,
  { pairing, now }: StoredPairing,
): Promise<boolean> {
  const keys = Array.from({ length: openPairings }, (_, index) => `pairing-slot:${pairing.owner?.userId}:${index}`);
  const holders = await state.get(keys);
  const held = await records.list(holders.map((holder) => holder ?? 'none'));
  for (const [index, key] of keys.entries()) {
    const holder = holders[index];
    const other = held[index];
    if (holder === undefined) {
      if (await state.putIfAbsent(key, pairing.id, claimSeconds)) return true;
    } else if (other === undefined || !isUnderWay(statusAt(other, now))) {
      if (await state.compareAndSet(key, holder, pairing.id, claimSeconds)) return true;
    }
  }
  return false;
}
