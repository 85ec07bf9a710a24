// The link that the QR code carries, which is also a button for somebody already on the phone.
import { toString as render } from 'qrcode';
import type { KeyRing } from '../tokens/key-ring.js';
import { isSecureUrl } from '../tokens/secure-url.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { pairingSecret, type SecretSource } from './secrets.js';

/** Links to the app. */
export interface Links {
  /**
   * The link of a pairing: version, token issuer, pairing and secret, all in the fragment, which browsers send to no
   * server and write into no log. `undefined`: the ring no longer has the pairing's key.
   */
  uri(pairing: SecretSource): string | undefined;
}

/**
 * Makes links for one app and issuer.
 * @throws ERR_CONFIG unless `appLink` is an https URL without fragment (http is taken on loopback only).
 */
export function links(appLink: string, issuer: string, keys: KeyRing): Links {
  if (!isSecureUrl(appLink)) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: 'quickConnect.appLink must be an https URL such as https://music.example.com/link',
    });
  }
  if (appLink.includes('#')) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: 'quickConnect.appLink must not have a fragment: Latchkey adds its own.',
    });
  }
  return {
    uri(pairing) {
      const secret = pairingSecret(keys, pairing, 'qr')?.toString('base64url');
      if (secret === undefined) return undefined;
      return `${appLink}#${new URLSearchParams({ v: '1', iss: issuer, id: pairing.id, s: secret })}`;
    },
  };
}

/** The link as a QR code, an SVG document. */
export async function qrCode(uri: string): Promise<string> {
  return render(uri, { type: 'svg', errorCorrectionLevel: 'M' });
}
