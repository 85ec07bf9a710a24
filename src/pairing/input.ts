// Validates what an app sends, in the browser flow and the device flow.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';
import { readLabel, textLimits } from '../vocabulary/text-rules.js';

/** The proof that the user wants to connect this app: the typed code, or the content of the QR code. */
export type Proof = { readonly code: string } | { readonly id: string; readonly secret: string };

/** An app's description of itself, before the description is checked. */
export interface AskingDevice {
  readonly clientId: string;
  /** The name in lists of devices. Default: the client id. */
  readonly deviceName?: string | undefined;
  readonly appVersion?: string | undefined;
  /** The system that the app runs on, such as `Android 16`. */
  readonly platform?: string | undefined;
  /**
   * A random id that the app chose for this attempt. If an answer gets lost, the app can use this id to request it
   * again within 60 seconds.
   */
  readonly redemptionId?: string | undefined;
  /** The IP address of the app, for rate limits and for display. */
  readonly address: string;
}

/** An app's description of itself that has passed the checks. */
export interface CheckedDevice extends AskingDevice {
  readonly deviceName: string;
}

const clientIdPattern = /^[A-Za-z0-9._:/-]{1,64}$/;
const redemptionIdPattern = /^[A-Za-z0-9._~-]{8,128}$/;
const maximumAddressLength = 64;
const maximumProofLength = 128;

/**
 * Validates an app's description of itself.
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when a member is invalid. The message has the member's name, but never its
 * value.
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
    appVersion: device.appVersion === undefined ? undefined : name(device.appVersion, 'app_version'),
    platform: device.platform === undefined ? undefined : name(device.platform, 'platform'),
    redemptionId,
    // A host may pass the proxy's whole list of addresses, which is longer than one address. Such a list is cut, not
    // refused.
    address: String(address).slice(0, maximumAddressLength),
  };
}

/**
 * Checks the form of a proof, but not whether the proof is correct.
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when a member is invalid. The message has the member's name, but never its
 * value.
 */
export function checkedProof(proof: Proof): Proof {
  if ('code' in proof) return { code: requiredText(proof.code, 'code') };
  return { id: requiredText(proof.id, 'id'), secret: requiredText(proof.secret, 'secret') };
}

/**
 * Returns the hash of a redemption id. Only this hash is stored, so that a reader of the shared state cannot request
 * the token again.
 */
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

function requiredText(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > maximumProofLength) {
    throw invalid(`${member} must be a string of 1 to ${maximumProofLength} characters.`);
  }
  return value;
}

function invalid(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail });
}
