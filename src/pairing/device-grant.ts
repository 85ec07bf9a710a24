// The device flow (RFC 8628): an app requests access and polls until a user has decided.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { PairingStatus } from '../vocabulary/types.js';
import { type AskingDevice, checkedDevice } from './input.js';
import type { Redemption } from './issue.js';
import { type Pairing, requestSeconds, statusAt } from './pairing.js';
import { claimInterval } from './redeem.js';
import { deviceCode, deviceIdOf, isDeviceCode, nothing, pairingOf } from './secrets.js';
import type { PairingServices } from './services.js';
import { newUserCode, parsedUserCode, userCodeKey } from './user-code.js';

/** The response to an app that requests access (RFC 8628 §3.2). Durations are in seconds. */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly expiresIn: number;
  readonly interval: number;
}

/** The parameters of a poll (RFC 8628 §3.4). */
export interface Poll {
  readonly deviceCode: string;
  readonly clientId: string;
}

/** The device flow. */
export interface DeviceGrant {
  /**
   * Opens a pairing for an app. For 600 seconds, a user can enter the user code in a browser and approve the pairing.
   * @throws {LatchkeyError} `ERR_BODY_INVALID`, `ERR_THROTTLED` or `ERR_STATE_UNAVAILABLE`.
   */
  authorize(device: AskingDevice): Promise<DeviceAuthorization>;
  /**
   * Issues the token for a device code after a user has approved the device. For 60 seconds, another poll gets the same
   * answer again, in case the first answer was lost.
   * @throws {LatchkeyError} `ERR_AUTHORIZATION_PENDING` when no user has decided yet.
   * @throws {LatchkeyError} `ERR_SLOW_DOWN` when too little time has passed since the last accepted poll.
   * @throws {LatchkeyError} `ERR_ACCESS_DENIED`, `ERR_DEVICE_CODE_EXPIRED`, `ERR_GRANT_INVALID` or `ERR_DEVICE_LIMIT`.
   * @throws {LatchkeyError} `ERR_STATE_UNAVAILABLE` or `ERR_DIRECTORY_UNAVAILABLE`. A retry is safe.
   */
  collect(poll: Poll): Promise<Redemption>;
}

/** The number of seconds between two polls while the user opens a browser. RFC 8628 §3.2 has the same default. */
const requestInterval = 5;
const userCodeRounds = 20;

/** Creates the device flow. */
export function deviceGrant(services: PairingServices): DeviceGrant {
  const { state, records, throttle, keys, issuer, onEvent } = services;
  const blank = nothing(keys);

  /**
   * Resolves to `true` if enough time has passed since the last accepted poll. A poll that is too early does not extend
   * this interval. So an app that always polls too early still gets one answer per interval. One second is subtracted
   * from the interval, because network delays make the time between polls uneven.
   */
  async function keepsPace({ id, flow }: Pairing): Promise<boolean> {
    const seconds = (flow === 'device' ? requestInterval : claimInterval) - 1;
    return state.putIfAbsent(`pairing-poll:${id}`, '1', seconds);
  }

  async function refusal(pairing: Pairing, status: PairingStatus): Promise<LatchkeyError> {
    switch (status) {
      case 'open':
      case 'claimed':
        return new LatchkeyError((await keepsPace(pairing)) ? 'ERR_AUTHORIZATION_PENDING' : 'ERR_SLOW_DOWN');
      case 'denied':
      case 'cancelled':
        return new LatchkeyError('ERR_ACCESS_DENIED');
      case 'expired':
        return new LatchkeyError('ERR_DEVICE_CODE_EXPIRED');
      default:
        return new LatchkeyError('ERR_GRANT_INVALID');
    }
  }

  async function authorize(given: AskingDevice): Promise<DeviceAuthorization> {
    const { redemptionId: _, ...device } = checkedDevice(given);
    const [now] = await Promise.all([state.now(), throttle.requesting(device.address)]);
    for (let round = 0; round < userCodeRounds; round += 1) {
      const source = { id: randomUUID(), kid: keys.current.kid };
      const deviceId = deviceIdOf(keys, source);
      if (deviceId === undefined) continue;
      const pairing: Pairing = {
        ...source,
        flow: 'device',
        openedAt: now,
        expiresAt: now + requestSeconds * 1000,
        state: 'open',
        claim: { ...device, deviceId, pairedBy: 'user-code', claimedAt: now },
      };
      const userCode = newUserCode();
      const finder = userCodeKey(keys, pairing.kid, parsedUserCode(userCode) ?? '');
      const code = deviceCode(keys, pairing);
      if (finder === undefined || code === undefined || !(await records.add(pairing, finder))) continue;
      onEvent({ type: 'pairing.requested', pairingId: pairing.id, clientId: device.clientId });
      return { deviceCode: code, userCode, expiresIn: requestSeconds, interval: requestInterval };
    }
    throw new LatchkeyError('ERR_THROTTLED');
  }

  async function collect({ deviceCode: given, clientId }: Poll): Promise<Redemption> {
    const { pairing, now } = await records.find(pairingOf(given) ?? 'none');
    const matched = isDeviceCode(keys, pairing ?? blank, given);
    // A device code is valid only for the client to which it was issued (RFC 8628 §3.4).
    if (pairing?.claim === undefined || !matched || pairing.claim.clientId !== clientId) {
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    const status = statusAt(pairing, now);
    if (status !== 'approved' && status !== 'redeemed') throw await refusal(pairing, status);
    // The owner is checked before the pairing is redeemed, so that the app can retry after an outage of the directory.
    const owner = await issuer.ownerOf(pairing);
    if (status === 'approved' && !(await issuer.isIssued(pairing.claim.deviceId))) {
      await issuer.requireRoom(owner, now);
    }
    const collected = await records.transition({ pairing, now }, { type: 'collect' });
    if (collected === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    const { outcome } = collected;
    // The pairing changed during this poll, for example because the user canceled it.
    if (outcome !== 'moved' && outcome !== 'again') {
      throw await refusal(collected.pairing, statusAt(collected.pairing, collected.now));
    }
    return issuer.issue(collected, owner, outcome === 'moved');
  }

  return { authorize, collect };
}
