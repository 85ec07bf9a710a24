// A pairing as people see it in the browser.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { PairingStatus } from '../vocabulary/types.js';
import { type Claim, type Pairing, pairingSeconds, requestSeconds, statusAt, wrongNumbersAllowed } from './pairing.js';
import { type Codes, stepEndsIn } from './pairing-code.js';
import type { Links } from './pairing-link.js';

/** What an app said about itself, for the person who decides. */
export interface ClaimView {
  readonly deviceName: string;
  readonly clientId: string;
  readonly appVersion?: string;
  readonly platform?: string;
  /** Where it asked from. */
  readonly address: string;
  /** Whole seconds since it asked. */
  readonly age: number;
}

/** A pairing as its owner sees it. Durations are seconds. */
export interface PairingView {
  readonly id: string;
  readonly status: PairingStatus;
  /** The code of this minute. Only while open. */
  readonly code?: string;
  /** Until another code takes its place; it is accepted for 60 s more. Only while open. */
  readonly codeExpiresIn?: number;
  /** Until the pairing ends; 0 once it has. */
  readonly expiresIn: number;
  /** The link that the QR code carries. Only while open. */
  readonly uri?: string;
  /** What asks to be let in. Only while claimed or approved, and at the device's door while open. */
  readonly claim?: ClaimView;
  /** Wrong numbers that would still be forgiven, and the one that would not. Only while claimed. */
  readonly triesLeft?: number;
  /** The device that redeemed it. Only when redeemed. */
  readonly device?: { readonly id: string; readonly name: string };
}

/** What views are made with. */
export interface ViewServices {
  readonly codes: Codes;
  readonly links: Links;
}

/** Makes views. Rejects with `ERR_PAIRING_UNKNOWN` where the ring no longer has the pairing's key. */
export function views({ codes, links }: ViewServices): (pairing: Pairing, now: number) => Promise<PairingView> {
  async function openAtBrowser(pairing: Pairing, now: number, expiresIn: number): Promise<PairingView> {
    const { id, locator = '' } = pairing;
    const code = await codes.code({ ...pairing, locator }, now);
    const uri = links.uri(pairing);
    if (code === undefined || uri === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    return { id, status: 'open', code, codeExpiresIn: Math.min(expiresIn, stepEndsIn(now)), expiresIn, uri };
  }

  return async (pairing, now) => {
    const { id, flow, claim, wrongNumbers = 0 } = pairing;
    const status = statusAt(pairing, now);
    // A shared clock that stepped back must not promise more than a pairing's life.
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
          ...(claim === undefined ? {} : { device: { id: claim.deviceId, name: claim.deviceName } }),
        };
      default:
        return { id, status, expiresIn: 0 };
    }
  };
}

function claimOf(claim: Claim | undefined, now: number): { claim?: ClaimView } {
  if (claim === undefined) return {};
  const { deviceName, clientId, appVersion, platform, address, claimedAt } = claim;
  return {
    claim: {
      deviceName,
      clientId,
      ...(appVersion === undefined ? {} : { appVersion }),
      ...(platform === undefined ? {} : { platform }),
      address,
      age: Math.max(0, Math.floor((now - claimedAt) / 1000)),
    },
  };
}
