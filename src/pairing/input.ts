// What an app may send, at either door.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';
import { readLabel, textLimits } from '../vocabulary/text-rules.js';

/** How an app shows that it was let in: the typed code, or what the QR code carries. */
export type Proof = { readonly code: string } | { readonly id: string; readonly secret: string };

/** What an app says about itself. */
export interface AskingDevice {
  readonly clientId: string;
  /** What people see in lists. Default: the client id. */
  readonly deviceName?: string;
  readonly appVersion?: string;
  /** What it runs on, such as `Android 16`. */
  readonly platform?: string;
  /** The app's own random id for this attempt. With it the same app can ask for a lost answer again within 60 s. */
  readonly redemptionId?: string;
  /** The client's address as people see it, for throttling and to be shown. */
  readonly address: string;
}

/** The same, checked. */
export interface CheckedDevice {
  readonly clientId: string;
  readonly deviceName: string;
  readonly appVersion?: string;
  readonly platform?: string;
  readonly redemptionId?: string;
  readonly address: string;
}

const clientIdPattern = /^[A-Za-z0-9._:/-]{1,64}$/;
const redemptionIdPattern = /^[A-Za-z0-9._~-]{8,128}$/;
const maximumAddressLength = 64;
const maximumProofLength = 128;

/**
 * Checks what the app said about itself.
 * @throws ERR_BODY_INVALID, with the member's name and never its value.
 */
export function checkedDevice(device: AskingDevice): CheckedDevice {
  const { clientId, redemptionId, address } = device;
  if (typeof clientId !== 'string' || !clientIdPattern.test(clientId)) {
    throw invalid('client_id must be 1 to 64 characters from A-Z a-z 0-9 . _ : / -');
  }
  if (redemptionId !== undefined && (typeof redemptionId !== 'string' || !redemptionIdPattern.test(redemptionId))) {
    throw invalid('redemption_id must be 8 to 128 characters from A-Z a-z 0-9 . _ ~ -');
  }
  return {
    clientId,
    deviceName: name(device.deviceName ?? clientId, 'device_name'),
    ...(device.appVersion === undefined ? {} : { appVersion: name(device.appVersion, 'app_version') }),
    ...(device.platform === undefined ? {} : { platform: name(device.platform, 'platform') }),
    ...(redemptionId === undefined ? {} : { redemptionId }),
    // An address that no socket has (a proxy's chain that the host let through) is cut, not refused.
    address: String(address).slice(0, maximumAddressLength),
  };
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

function name(value: unknown, member: string): string {
  const read = typeof value === 'string' ? readLabel(value, textLimits.deviceName) : undefined;
  if (read === undefined || 'fault' in read) {
    throw invalid(`${member} must be 1 to ${textLimits.deviceName} printable characters.`);
  }
  return read.label;
}

function text(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > maximumProofLength) {
    throw invalid(`${member} must be a string of 1 to ${maximumProofLength} characters.`);
  }
  return value;
}

function invalid(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail });
}
