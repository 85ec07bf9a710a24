// A person types the code that a device shows, sees what asks to be let in, and decides (RFC 8628 §3.3).

import type { KeyRing } from '../tokens/key-ring.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { SharedState } from '../vocabulary/ports.js';
import type { OnEvent } from '../vocabulary/types.js';
import { type Owner, type Pairing, type PairingEvent, statusAt } from './pairing.js';
import type { PairingRecords, Transition } from './records.js';
import type { Throttle } from './throttle.js';
import { parsedUserCode, userCodeKey } from './user-code.js';

/** The decision by user code. Every wrong, expired, used or decided code is `ERR_USER_CODE`. */
export interface Verification {
  /** What asks, and changes nothing: it is shown before anybody can say yes (RFC 8628 §5.4). */
  lookup(owner: Owner, userCode: string): Promise<{ readonly pairing: Pairing; readonly now: number }>;
  /** Lends the owner's login. Of any number at once one gets through. */
  approve(owner: Owner, userCode: string): Promise<Transition>;
  /** Refuses. Of any number of decisions at once one gets through. */
  deny(owner: Owner, userCode: string): Promise<Transition>;
}

/** What verification works with. */
export interface VerificationServices {
  readonly state: SharedState;
  readonly records: PairingRecords;
  readonly throttle: Throttle;
  readonly keys: KeyRing;
  readonly onEvent: OnEvent;
}

/** Makes the service. */
export function verification(services: VerificationServices): Verification {
  const { state, records, throttle, keys, onEvent } = services;

  async function find({ userId }: Owner, userCode: string): Promise<{ pairing: Pairing; now: number }> {
    // Counted before it is looked at, right or wrong: any number at once get through as often as the limit says.
    await throttle.verifying(userId);
    const plain = parsedUserCode(userCode);
    const finders = keys.kids.map((kid) => userCodeKey(keys, kid, plain ?? '') ?? 'none');
    const found = await state.get(finders);
    const { pairing, now } = await records.find(found.find((id) => id !== undefined) ?? 'none');
    if (plain === undefined || pairing === undefined || statusAt(pairing, now) !== 'open') throw unknown();
    return { pairing, now };
  }

  async function decided(owner: Owner, userCode: string, event: PairingEvent): Promise<Transition> {
    const found = await find(owner, userCode);
    const { pairing } = found;
    const transition = await records.transition(pairing.id, event, found);
    if (transition?.outcome !== 'moved') throw unknown();
    const type = event.type === 'approve' ? 'pairing.approved' : 'pairing.denied';
    onEvent({ type, pairingId: pairing.id, userId: owner.userId });
    return transition;
  }

  return {
    lookup: find,
    approve: (owner, userCode) => decided(owner, userCode, { type: 'approve', owner, matched: true }),
    deny: (owner, userCode) => decided(owner, userCode, { type: 'deny' }),
  };
}

function unknown(): LatchkeyError {
  return new LatchkeyError('ERR_USER_CODE');
}
