// Limits how many pairings a user can have open at the same time.
import { collectSeconds, decisionSeconds, isUnderWay, pairingSeconds, statusAt } from './pairing.js';
import type { StoredPairing } from './records.js';
import type { PairingServices } from './services.js';

/**
 * The maximum number of pairings of one user that have not ended. A further pairing is refused, because no existing
 * pairing is ended to make room for it.
 */
export const openPairings = 3;

/**
 * The longest lifetime of a pairing, in seconds. A pairing lives that long if the app claims it at the last moment, and
 * the user approves the claim at the last moment.
 */
const claimSeconds = pairingSeconds + decisionSeconds + collectSeconds;

/**
 * Claims one of the user's three places for a pairing. A place is free if no pairing has claimed it, or if the pairing
 * that claimed it has ended or no longer exists. The caller must store the new pairing before this call. Otherwise, the
 * place would count as free, because its pairing cannot be found.
 * @returns `false` when the user already has three pairings that have not ended
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
