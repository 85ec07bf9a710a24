// Creates the link in the QR code. The page also shows the link as a button, for users who opened the page on the
// phone.
import { toString as render } from 'qrcode';
import type { KeyRing } from '../tokens/key-ring.js';
import { isSecureUrl } from '../tokens/secure-url.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { pairingSecret, type SecretSource } from './secrets.js';

/** Creates links that open the app. */
export interface Links {
  /**
   * Returns the link of a pairing. The link's fragment contains the version, the token issuer, the pairing id and the
   * secret. Browsers do not send fragments to servers, so these values do not appear in logs.
   * @returns `undefined` when the key ring no longer has the pairing's key
   */
  uri(pairing: SecretSource): string | undefined;
}

/**
 * Creates the links for one app and issuer.
 * @throws {LatchkeyError} `ERR_CONFIG` when `appLink` is not an https URL without a fragment (http is accepted only on
 * loopback).
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

/** Renders the link as a QR code in an SVG document. */
export async function qrCode(uri: string): Promise<string> {
  return render(uri, { type: 'svg', errorCorrectionLevel: 'M' });
}
