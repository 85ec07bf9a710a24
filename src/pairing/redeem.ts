// Redeems a code or a QR secret. The app gets a token, or must wait until the user approves its claim.
import { LatchkeyError } from '../vocabulary/errors.js';
import { type AskingDevice, checkedDevice, checkedProof, type Proof, redemptionHash } from './input.js';
import type { Redemption } from './issue.js';
import { type Claim, isUnderWay, type Pairing, sameRedemption } from './pairing.js';
import { prover } from './prove.js';
import { deviceCode, deviceIdOf, matchNumber } from './secrets.js';
import type { PairingServices } from './services.js';

/** Every `ApprovalPolicy`. */
export const approvalPolicies = ['off', 'typed', 'always'] as const;

/**
 * Determines which pairings the user must approve in the browser.
 * - `off`: no pairings, unless there were so many wrong codes that a correct code could be a lucky guess.
 * - `typed`: pairings with a typed code.
 * - `always`: pairings with a typed code or a QR code.
 */
export type ApprovalPolicy = (typeof approvalPolicies)[number];

/** The answer to the app when the user must approve first. */
export interface Waiting {
  /** The device code with which the app polls (RFC 8628 §3.4). */
  readonly deviceCode: string;
  /** Seconds between two polls. */
  readonly interval: number;
  /** In seconds. */
  readonly expiresIn: number;
  /** The two-digit number that the app shows and the user types into the browser. */
  readonly matchNumber: string;
}

/**
 * The number of seconds between two polls in the browser flow. The interval is short, because the user has already
 * opened the browser.
 */
export const claimInterval = 2;

/**
 * Creates the function that redeems a proof. For every invalid proof, the function throws the same `ERR_GRANT_INVALID`,
 * so that the error does not reveal the reason.
 */
export function redeemer(
  services: PairingServices,
  approval: ApprovalPolicy,
): (proof: Proof, device: AskingDevice) => Promise<Redemption | Waiting> {
  const { records, keys, issuer, onEvent } = services;
  const prove = prover(services);

  function waiting(pairing: Pairing, now: number): Waiting {
    const code = deviceCode(keys, pairing);
    const number = matchNumber(keys, pairing);
    if (code === undefined || number === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    const expiresIn = Math.max(1, Math.ceil((pairing.expiresAt - now) / 1000));
    return { deviceCode: code, interval: claimInterval, expiresIn, matchNumber: number };
  }

  async function redeem(givenProof: Proof, givenDevice: AskingDevice): Promise<Redemption | Waiting> {
    const proof = checkedProof(givenProof);
    const { redemptionId, ...device } = checkedDevice(givenDevice);
    const proven = await prove(proof, device.address);
    const { pairing: found, now: provenAt } = proven;
    const typed = 'code' in proof;
    const deviceId = deviceIdOf(keys, found);
    if (deviceId === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    const claim: Claim = {
      ...device,
      deviceId,
      pairedBy: typed ? 'code' : 'qr',
      redemptionHash: redemptionId === undefined ? undefined : redemptionHash(redemptionId),
      claimedAt: provenAt,
    };
    // After a restart or a failover, the shared state may have lost the redemption. Then only the device in the
    // directory shows that the pairing was redeemed.
    const another = isUnderWay(found.state) && !sameRedemption(found.claim, claim);
    if (another && (await issuer.isIssued(deviceId)) && (await issuer.endForgotten(proven, claim))) {
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    // The owner is checked before the pairing is redeemed, so that an outage of the directory costs only one try. A
    // second redemption skips this check, because it must revoke the device even if the owner is not admitted.
    // Otherwise, the device would work again as soon as the owner is admitted again.
    const unused = found.state === 'open' || found.state === 'approved';
    const owner = unused ? await issuer.ownerOf(found) : undefined;
    if (owner !== undefined) await issuer.requireRoom(owner, provenAt);
    const needed = approval === 'always' || (typed && (approval === 'typed' || proven.suspicious));
    const proved = await records.transition(proven, { type: 'prove', claim, approval: needed });
    if (proved === undefined || proved.outcome === 'refused') throw new LatchkeyError('ERR_GRANT_INVALID');
    const { pairing, outcome, now } = proved;
    if (pairing.replayed) {
      await issuer.endReplayed(pairing, outcome === 'moved');
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    if (pairing.state === 'claimed') {
      if (outcome === 'moved') {
        const { userId = '', subject = '' } = pairing.owner ?? {};
        onEvent({ type: 'pairing.claimed', pairingId: pairing.id, userId, subject, clientId: claim.clientId });
      }
      return waiting(pairing, now);
    }
    return issuer.issue(proved, owner ?? (await issuer.ownerOf(pairing)), outcome === 'moved');
  }

  return redeem;
}
