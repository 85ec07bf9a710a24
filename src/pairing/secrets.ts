// Derives the secrets of a pairing, which are the source of its codes, link, match number and device id. The secrets
// are never stored.
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

/**
 * Derives a secret of a pairing with HKDF. Returns `undefined` if the key ring no longer contains the pairing's key.
 */
export function pairingSecret(keys: KeyRing, source: SecretSource, purpose: SecretPurpose): Buffer | undefined {
  return keys.derive(source.kid, `latchkey/pairing/v1/${purpose}/${source.id}`, lengths[purpose]);
}

/**
 * Returns a dummy pairing. If a proof belongs to no pairing, it is compared with the dummy, so that this case takes the
 * same time.
 */
export function nothing(keys: KeyRing): SecretSource {
  return { id: randomUUID(), kid: keys.current.kid };
}

/** Returns the match number, `10` to `99`, which the app shows and the owner types into the browser. */
export function matchNumber(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'match-number');
  return secret && String(10 + (secret.readUInt32BE() % 90));
}

/**
 * Returns the id of the device that a pairing creates, as a UUID (RFC 9562 §5.8). A pairing always has the same device
 * id. So the directory shows whether a pairing was redeemed, even if the shared state loses its data.
 */
export function deviceIdOf(keys: KeyRing, source: SecretSource): string | undefined {
  const bytes = pairingSecret(keys, source, 'device-id');
  if (bytes === undefined) return undefined;
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Returns the device code with which an app polls (RFC 8628 §3.2): the pairing's id and 128 secret bits. */
export function deviceCode(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'device-code');
  return secret && `${source.id}.${secret.toString('base64url')}`;
}

const deviceCodePattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{22}$/;

/** Returns the pairing's id in a device code, or `undefined` if the text is not a device code. */
export function pairingOf(code: string): string | undefined {
  return deviceCodePattern.exec(code)?.[1];
}

/** Returns `true` if the given text is the device code of the pairing. The comparison takes constant time. */
export function isDeviceCode(keys: KeyRing, source: SecretSource, given: string): boolean {
  return equal(deviceCode(keys, source), given);
}
