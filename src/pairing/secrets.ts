// Derives the secrets of a pairing: for its codes, link, match number and device id. They are never stored.
import { randomUUID } from 'node:crypto';
import type { KeyRing } from '../tokens/key-ring.js';
import { equal } from './equal.js';

/** The input from which the secrets of a pairing are derived. */
export interface SecretSource {
  readonly id: string;
  readonly kid: string;
}

/** The purposes of the secrets of a pairing. */
export type SecretPurpose = 'code-1' | 'code-2' | 'digits' | 'qr' | 'device-code' | 'match-number' | 'device-id';

const lengths: Readonly<Record<SecretPurpose, number>> = {
  'code-1': 32,
  'code-2': 32,
  digits: 32,
  qr: 16,
  'device-code': 16,
  'match-number': 16,
  'device-id': 16,
};

/** Derives a secret of a pairing with HKDF. Returns `undefined` when the key ring no longer has the pairing's key. */
export function pairingSecret(keys: KeyRing, source: SecretSource, purpose: SecretPurpose): Buffer | undefined {
  return keys.derive(source.kid, `latchkey/pairing/v1/${purpose}/${source.id}`, lengths[purpose]);
}

/** A dummy pairing to compare with when there is no real one, so that both cases take the same time. */
export function nothing(keys: KeyRing): SecretSource {
  return { id: randomUUID(), kid: keys.current.kid };
}

/** The match number, `10` to `99`: the app shows it and the owner types it. */
export function matchNumber(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'match-number');
  return secret && String(10 + (secret.readUInt32BE() % 90));
}

/**
 * The id of the device that a pairing creates, as a UUID (RFC 9562 §5.8). It is always the same for one pairing, so the
 * directory shows whether a pairing was redeemed even if the shared state loses its data.
 */
export function deviceIdOf(keys: KeyRing, source: SecretSource): string | undefined {
  const bytes = pairingSecret(keys, source, 'device-id');
  if (bytes === undefined) return undefined;
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The device code with which an app polls (RFC 8628 §3.2): the pairing's id and 128 secret bits. */
export function deviceCode(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'device-code');
  return secret && `${source.id}.${secret.toString('base64url')}`;
}

const deviceCodePattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{22}$/;

/** The id of the pairing in a device code, or `undefined` if the text is not a device code. */
export function pairingOf(code: string): string | undefined {
  return deviceCodePattern.exec(code)?.[1];
}

/** Whether this is the device code of the pairing. Takes constant time. */
export function isDeviceCode(keys: KeyRing, source: SecretSource, given: string): boolean {
  return equal(deviceCode(keys, source), given);
}
