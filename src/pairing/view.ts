// Builds the view of a pairing that the browser shows.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { PairingStatus } from '../vocabulary/types.js';
import { type Claim, type Pairing, pairingSeconds, requestSeconds, statusAt, wrongNumbersAllowed } from './pairing.js';
import { type Codes, stepEndsIn } from './pairing-code.js';
import type { Links } from './pairing-link.js';
import type { StoredPairing } from './records.js';

/** An app's description of itself, which is shown to the user who decides. */
export interface ClaimView {
  readonly deviceName: string;
  readonly clientId: string;
  readonly appVersion?: string | undefined;
  readonly platform?: string | undefined;
  /** The IP address from which the app sent its request. */
  readonly address: string;
  /** The number of whole seconds since the app's request. */
  readonly age: number;
}

/** What the owner of a pairing sees. Durations are in seconds. */
export interface PairingView {
  readonly id: string;
  readonly status: PairingStatus;
  /** The current code. Present only while the pairing is open. */
  readonly code?: string | undefined;
  /**
   * The number of seconds until the next code replaces this code. After that, this code is accepted for another 60
   * seconds. Present only while the pairing is open.
   */
  readonly codeExpiresIn?: number | undefined;
  /** The number of seconds until the pairing ends, or 0 if the pairing has ended. */
  readonly expiresIn: number;
  /** The link in the QR code. Present only while the pairing is open. */
  readonly uri?: string | undefined;
  /**
   * The app that requests access. Present while the pairing is claimed or approved, and in the device flow also while
   * it is open.
   */
  readonly claim?: ClaimView | undefined;
  /**
   * The number of tries that the user has left to type the match number. If the last try is wrong, the pairing is
   * denied. Present only while the pairing is claimed.
   */
  readonly triesLeft?: number | undefined;
  /** The device that the pairing created. Present only if the pairing is redeemed. */
  readonly device?: { readonly id: string; readonly name: string } | undefined;
}

/**
 * Creates the function that builds views. The function rejects with `ERR_PAIRING_UNKNOWN` if the key ring no longer
 * contains the pairing's key.
 */
export function views(codes: Codes, links: Links): (stored: StoredPairing) => Promise<PairingView> {
  async function openAtBrowser(pairing: Pairing, now: number, expiresIn: number): Promise<PairingView> {
    const { id, locator = '' } = pairing;
    const code = await codes.code({ ...pairing, locator }, now);
    const uri = links.uri(pairing);
    if (code === undefined || uri === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    return { id, status: 'open', code, codeExpiresIn: Math.min(expiresIn, stepEndsIn(now)), expiresIn, uri };
  }

  async function view({ pairing, now }: StoredPairing): Promise<PairingView> {
    const { id, flow, claim, wrongNumbers = 0 } = pairing;
    const status = statusAt(pairing, now);
    // The remaining time is capped at the full lifetime, in case the shared clock was set back.
    const life = flow === 'browser' && status === 'open' ? pairingSeconds : requestSeconds;
    const left = Math.min(life, Math.ceil((pairing.expiresAt - now) / 1000));
    switch (status) {
      case 'open':
        if (flow === 'browser') return openAtBrowser(pairing, now, left);
        return { id, status, expiresIn: left, ...claimOf(claim, now) };
      case 'claimed':
        return { id, status, expiresIn: left, ...claimOf(claim, now), triesLeft: wrongNumbersAllowed - wrongNumbers };
      case 'approved':
        return { id, status, expiresIn: left, ...claimOf(claim, now) };
      case 'redeemed':
        return {
          id,
          status,
          expiresIn: 0,
          device: claim === undefined ? undefined : { id: claim.deviceId, name: claim.deviceName },
        };
      default:
        return { id, status, expiresIn: 0 };
    }
  }

  return view;
}

function claimOf(claim: Claim | undefined, now: number): { claim?: ClaimView } {
  if (claim === undefined) return {};
  const { deviceName, clientId, appVersion, platform, address, claimedAt } = claim;
  return {
    claim: {
      deviceName,
      clientId,
      appVersion,
      platform,
      address,
      age: Math.max(0, Math.floor((now - claimedAt) / 1000)),
    },
  };
}
