// pairing/: what an app may send to redeem a pairing.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../errors.js';

/** How an app shows that it was let in: the typed code, or what the QR code carries. */
export type Proof = { readonly code: string } | { readonly id: string; readonly secret: string };

/** What an app says about itself. `address` is the client's address as people see it, for throttling. */
export interface RedeemingDevice {
  readonly clientId: string;
  readonly deviceName: string;
  /** The app's own random id for this attempt. With it a lost answer can be asked for again within 60 s. */
  readonly redemptionId?: string;
  readonly address: string;
}

const clientIdPattern = /^[A-Za-z0-9._:/-]{1,64}$/;
const redemptionIdPattern = /^[A-Za-z0-9._~-]{8,128}$/;
/** Control characters, lone surrogates, line separators, and those that turn the direction of what follows. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const maximumProofLength = 128;

/**
 * Checks what the app said about itself.
 * @throws ERR_BODY_INVALID, with the member's name and never its value.
 */
export function checkedDevice(device: RedeemingDevice): RedeemingDevice {
  const { clientId, redemptionId, address } = device;
  const deviceName = typeof device.deviceName === 'string' ? device.deviceName.normalize('NFC').trim() : '';
  const length = [...deviceName].length;
  if (length < 1 || length > 64 || unprintable.test(deviceName)) {
    throw invalid('device_name must be 1 to 64 printable characters.');
  }
  if (typeof clientId !== 'string' || !clientIdPattern.test(clientId)) {
    throw invalid('client_id must be 1 to 64 of A-Z a-z 0-9 . _ : / -');
  }
  if (redemptionId === undefined) return { clientId, deviceName, address };
  if (typeof redemptionId !== 'string' || !redemptionIdPattern.test(redemptionId)) {
    throw invalid('redemption_id must be 8 to 128 of A-Z a-z 0-9 . _ ~ -');
  }
  return { clientId, deviceName, redemptionId, address };
}

/**
 * Checks the shape of a proof; whether it is right is not decided here.
 * @throws ERR_BODY_INVALID, with the member's name and never its value.
 */
export function checkedProof(proof: Proof): Proof {
  if ('code' in proof) return { code: text(proof.code, 'code') };
  return { id: text(proof.id, 'id'), secret: text(proof.secret, 'secret') };
}

/** The hash under which a redemption id is remembered: whoever reads the store can't ask again for somebody's token. */
export function redemptionHash(redemptionId: string): string {
  return createHash('sha256').update(redemptionId).digest('base64url');
}

function text(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > maximumProofLength) {
    throw invalid(`${member} must be a text of 1 to ${maximumProofLength} characters.`);
  }
  return value;
}

function invalid(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail });
}
