// How many pairings a user has open at once.
import type { SharedState } from '../vocabulary/ports.js';
import {
  collectSeconds,
  decisionSeconds,
  isUnderWay,
  type Owner,
  type Pairing,
  pairingSeconds,
  statusAt,
} from './pairing.js';
import type { PairingRecords } from './records.js';

/** Pairings that a user may have under way. A further one is refused; none is ended to make room. */
export const openPairings = 3;

/** As long as a pairing can be under way: claimed at its very end, and approved at the end of that. */
const claimSeconds = pairingSeconds + decisionSeconds + collectSeconds;

/**
 * Claims a place for a pairing that is stored already. `false`: the user has three under way. A place is free when
 * nobody holds it or its holder has ended; because pairings are stored before they claim, a holder that can't be found
 * is gone for good.
 */
export async function claimOpenPairing(
  state: SharedState,
  records: PairingRecords,
  { userId }: Owner,
  pairing: Pairing,
  now: number,
): Promise<boolean> {
  const keys = Array.from({ length: openPairings }, (_, index) => `pairing-slot:${userId}:${index}`);
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
