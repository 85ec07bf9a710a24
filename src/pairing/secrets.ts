// What a pairing's codes, links and numbers are made from. Derived when needed, stored nowhere.
import { randomUUID } from 'node:crypto';
import type { KeyRing } from '../tokens/key-ring.js';
import { equal } from './equal.js';

/** What the secrets of a pairing derive from. */
export interface SecretSource {
  readonly id: string;
  readonly kid: string;
}

/** The purposes for which a pairing has secrets. */
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

/** Derives a secret of a pairing by HKDF. `undefined`: the ring no longer has the pairing's key. */
export function pairingSecret(keys: KeyRing, source: SecretSource, purpose: SecretPurpose): Buffer | undefined {
  return keys.derive(source.kid, `latchkey/pairing/v1/${purpose}/${source.id}`, lengths[purpose]);
}

/** What is compared with where there is nothing to compare with, so that both take as long. */
export function nothing(keys: KeyRing): SecretSource {
  return { id: randomUUID(), kid: keys.current.kid };
}

/** The two digits that the app shows and the owner types, `10` to `99`. */
export function matchNumber(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'match-number');
  return secret && String(10 + (secret.readUInt32BE() % 90));
}

/**
 * The id of the device that a pairing becomes, as a UUID (RFC 9562 §5.8). Always the same for one pairing: so the
 * directory knows whether a pairing was redeemed, whatever the shared state forgets.
 */
export function deviceIdOf(keys: KeyRing, source: SecretSource): string | undefined {
  const bytes = pairingSecret(keys, source, 'device-id');
  if (bytes === undefined) return undefined;
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The code by which an app asks whether it was let in (RFC 8628 §3.2): which pairing, and 128 bits that prove it. */
export function deviceCode(keys: KeyRing, source: SecretSource): string | undefined {
  const secret = pairingSecret(keys, source, 'device-code');
  return secret && `${source.id}.${secret.toString('base64url')}`;
}

const deviceCodePattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{22}$/;

/** The pairing that a device code is for, if it is one at all. */
export function pairingOf(code: string): string | undefined {
  return deviceCodePattern.exec(code)?.[1];
}

/** Whether this is the pairing's device code, in constant time. */
export function isDeviceCode(keys: KeyRing, source: SecretSource, given: string): boolean {
  return equal(deviceCode(keys, source), given);
}
