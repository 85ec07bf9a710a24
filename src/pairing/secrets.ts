// pairing/: what a pairing's code and QR link are made from. Derived when needed, stored nowhere.
import type { KeyRing } from '../tokens/key-ring.js';

/** What the secrets of a pairing derive from. */
export interface SecretSource {
  readonly id: string;
  readonly kid: string;
}

/** The purposes for which a pairing has secrets. */
export type SecretPurpose = 'code-1' | 'code-2' | 'digits' | 'qr';

/** Derives a secret of a pairing by HKDF. `undefined`: the ring no longer has the pairing's key. */
export function pairingSecret(keys: KeyRing, source: SecretSource, purpose: SecretPurpose): Buffer | undefined {
  return keys.derive(source.kid, `latchkey/pairing/v1/${purpose}/${source.id}`, purpose === 'qr' ? 16 : 32);
}
