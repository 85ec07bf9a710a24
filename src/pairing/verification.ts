// The user's side of the device flow (RFC 8628 §3.3). A user looks up a device request by its user code, and then
// approves or denies the request.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Owner } from '../vocabulary/types.js';
import { type PairingEvent, statusAt } from './pairing.js';
import type { StoredPairing, Transition } from './records.js';
import type { PairingServices } from './services.js';
import { parsedUserCode, userCodeKey } from './user-code.js';

/**
 * Looks up, approves and denies device requests by their user codes. Every method rejects with `ERR_USER_CODE` if the
 * user code is wrong, expired or used, or if a user has already decided.
 */
export interface Verification {
  /**
   * Finds the device request without changing it. The page shows the request before the user can approve it (RFC 8628
   * §5.4).
   */
  lookup(owner: Owner, userCode: string): Promise<StoredPairing>;
  /**
   * Connects the device to the owner's account. If several decisions are made at the same time, exactly one succeeds.
   */
  approve(owner: Owner, userCode: string): Promise<Transition>;
  /** Denies the device. If several decisions are made at the same time, exactly one succeeds. */
  deny(owner: Owner, userCode: string): Promise<Transition>;
}

/** Creates the verification service. */
export function verification(services: PairingServices): Verification {
  const { state, records, throttle, keys, onEvent } = services;

  async function lookup(owner: Owner, userCode: string): Promise<StoredPairing> {
    // Every try is counted before its code is checked, so that concurrent requests cannot exceed the limit.
    await throttle.verifying(owner);
    const plain = parsedUserCode(userCode);
    const finders = keys.kids.map((kid) => userCodeKey(keys, kid, plain ?? '') ?? 'none');
    const found = await state.get(finders);
    const { pairing, now } = await records.find(found.find((id) => id !== undefined) ?? 'none');
    if (plain === undefined || pairing === undefined || statusAt(pairing, now) !== 'open') throw unknown();
    return { pairing, now };
  }

  async function decided(owner: Owner, userCode: string, event: PairingEvent): Promise<Transition> {
    const found = await lookup(owner, userCode);
    const { pairing } = found;
    const transition = await records.transition(found, event);
    if (transition?.outcome !== 'moved') throw unknown();
    const type = event.type === 'approve' ? 'pairing.approved' : 'pairing.denied';
    onEvent({ type, pairingId: pairing.id, userId: owner.userId, subject: owner.subject });
    return transition;
  }

  return {
    lookup,
    approve: (owner, userCode) => decided(owner, userCode, { type: 'approve', owner, matched: true }),
    deny: (owner, userCode) => decided(owner, userCode, { type: 'deny' }),
  };
}

function unknown(): LatchkeyError {
  return new LatchkeyError('ERR_USER_CODE');
}
