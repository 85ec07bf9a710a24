// pairing/: the service: a logged-in browser opens a pairing, follows it and ends it; an app redeems it.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../errors.js';
import type { Directory, SharedState, Unwatch } from '../ports.js';
import type { ApiTokens } from '../tokens/api-token.js';
import type { KeyRing } from '../tokens/key-ring.js';
import type { Account, OnEvent, PairingStatus } from '../types.js';
import { type CodeFormat, codes, stepEndsIn } from './code.js';
import type { Proof, RedeemingDevice } from './input.js';
import { links, qrCode } from './link.js';
import { type Pairing, pairingSeconds, statusAt } from './pairing.js';
import { pairingRecords } from './records.js';
import { type Redemption, redeemer } from './redeem.js';
import { claimSlot } from './slots.js';
import { throttle } from './throttle.js';
import { following } from './watching.js';

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
  /** The device that redeemed it. Only when redeemed. */
  readonly device?: { readonly id: string; readonly name: string };
}

/** How a browser lends its login to a device. */
export interface Pairings {
  /**
   * Opens a pairing for a logged-in user. It lives 300 s and is used once.
   * @throws ERR_PAIRING_LIMIT while the user has 3 open, ERR_THROTTLED, ERR_STATE_UNAVAILABLE.
   */
  open(owner: { readonly userId: string; readonly subject: string }): Promise<PairingView>;
  /** The pairing as it is now. @throws ERR_PAIRING_UNKNOWN if there is none or it is not theirs. */
  view(userId: string, id: string): Promise<PairingView>;
  /** Ends an open pairing. @throws ERR_PAIRING_UNKNOWN, ERR_PAIRING_ENDED. */
  cancel(userId: string, id: string): Promise<PairingView>;
  /** The QR code, an SVG document. @throws ERR_PAIRING_UNKNOWN, ERR_PAIRING_ENDED. */
  qr(userId: string, id: string): Promise<string>;
  /**
   * Turns the typed code, or what the QR code carries, into a device and its token. With the same `redemptionId` a
   * lost answer is given again for 60 s; any other second redemption revokes what was issued.
   * @throws ERR_BODY_INVALID, ERR_GRANT_INVALID (whatever is wrong with the proof), ERR_THROTTLED, ERR_DEVICE_LIMIT (the
   * pairing stays open), ERR_STATE_UNAVAILABLE, ERR_DIRECTORY_UNAVAILABLE: after these two, asking again is safe.
   */
  redeem(proof: Proof, device: RedeemingDevice): Promise<Redemption>;
  /**
   * Calls back with the view now and at each change until unwatched; with `undefined`, once and last, when it can't go
   * on as the shared state is lost. @throws ERR_PAIRING_UNKNOWN, ERR_STATE_UNAVAILABLE.
   */
  watch(userId: string, id: string, listener: (view: PairingView | undefined) => void): Promise<Unwatch>;
  /** Ends every watch. */
  close(): Promise<void>;
}

/** What `pairings` works with. */
export interface PairingsOptions {
  readonly state: SharedState;
  readonly directory: Pick<Directory, 'createDevice' | 'findDevice' | 'listDevices'>;
  /** The account of a subject if it is admitted now, for tokens. */
  readonly findAccount: (subject: string) => Promise<Account | undefined>;
  /** Revokes a device everywhere. May reject with `ERR_DEVICE_UNKNOWN`. */
  readonly revokeDevice: (subject: string, deviceId: string) => Promise<void>;
  readonly keys: KeyRing;
  readonly tokens: ApiTokens;
  /** The https link that opens the app, or the page that explains where to get it. */
  readonly appLink: string;
  /** Default: `base32`. */
  readonly codeFormat?: CodeFormat;
  /** How many devices one user may have. Default: 50. */
  readonly maximumDevices?: number;
  /** Must not throw. */
  readonly onEvent: OnEvent;
}

const locatorRounds = 20;

/**
 * Makes the service.
 * @throws ERR_CONFIG for an `appLink` or a `codeFormat` that cannot be.
 */
export function pairings(options: PairingsOptions): Pairings {
  const { state, keys, tokens, onEvent, codeFormat = 'base32', maximumDevices = 50 } = options;
  if (codeFormat !== 'base32' && codeFormat !== 'digits') {
    throw new LatchkeyError('ERR_CONFIG', { detail: "quickConnect.codeFormat must be 'base32' or 'digits'." });
  }
  const link = links(options.appLink, tokens.issuer, keys);
  const code = codes(keys, codeFormat);
  const records = pairingRecords(state);
  const limit = throttle(state, onEvent);
  const redeem = redeemer({ ...options, maximumDevices, records, throttle: limit, codes: code });

  async function find(userId: string, id: string): Promise<{ pairing: Pairing; now: number }> {
    const { pairing, now } = await records.find(id);
    // Without its key nobody can redeem it: this instance's ring has moved on.
    if (pairing?.userId !== userId || keys.find(pairing.kid) === undefined) {
      throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    }
    return { pairing, now };
  }

  async function viewOf(pairing: Pairing, now: number): Promise<PairingView> {
    const { id, device } = pairing;
    const status = statusAt(pairing, now);
    if (status === 'redeemed' && device !== undefined) {
      return { id, status, expiresIn: 0, device: { id: device.id, name: device.name } };
    }
    if (status !== 'open') return { id, status, expiresIn: 0 };
    // A shared clock that stepped back must not promise more than a pairing's life.
    const expiresIn = Math.min(pairingSeconds, Math.ceil((pairing.expiresAt - now) / 1000));
    const shown = await code.code(pairing, now);
    const uri = link.uri(pairing);
    if (shown === undefined || uri === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    return { id, status, code: shown, codeExpiresIn: Math.min(expiresIn, stepEndsIn(now)), expiresIn, uri };
  }

  async function view(userId: string, id: string): Promise<PairingView> {
    const { pairing, now } = await find(userId, id);
    return viewOf(pairing, now);
  }

  async function stored(owner: { userId: string; subject: string }, now: number): Promise<Pairing> {
    for (let round = 0; round < locatorRounds; round += 1) {
      const pairing: Pairing = {
        id: randomUUID(),
        userId: owner.userId,
        subject: owner.subject,
        kid: keys.current.kid,
        locator: code.locator(),
        openedAt: now,
        expiresAt: now + pairingSeconds * 1000,
        state: 'open',
      };
      if (await records.add(pairing)) return pairing;
    }
    throw new LatchkeyError('ERR_PAIRING_LIMIT');
  }

  const followers = following<PairingView>({
    state,
    read: view,
    next: ({ codeExpiresIn }) => codeExpiresIn,
    mark: ({ status, code: shown }) => `${status} ${shown}`,
  });

  return {
    async open(owner) {
      const [now] = await Promise.all([state.now(), limit.opening(owner.userId)]);
      const pairing = await stored(owner, now);
      try {
        if (!(await claimSlot(state, records, pairing, now))) throw new LatchkeyError('ERR_PAIRING_LIMIT');
      } catch (error) {
        // As far as the state can be reached: a claim that ran after all is free again once its pairing is gone.
        await records.withdraw(pairing).catch(() => undefined);
        throw error;
      }
      onEvent({ type: 'pairing.opened', pairingId: pairing.id, userId: owner.userId });
      return viewOf(pairing, now);
    },

    view,

    async cancel(userId, id) {
      await find(userId, id);
      const cancelled = await records.transition(id, { type: 'cancel' });
      if (cancelled === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
      const { decision, now } = cancelled;
      if (decision.outcome !== 'moved') throw new LatchkeyError('ERR_PAIRING_ENDED');
      onEvent({ type: 'pairing.cancelled', pairingId: id, userId });
      return viewOf(decision.pairing, now);
    },

    async qr(userId, id) {
      const { uri } = await view(userId, id);
      if (uri === undefined) throw new LatchkeyError('ERR_PAIRING_ENDED');
      return qrCode(uri);
    },

    redeem,
    watch: (userId, id, listener) => followers.follow(userId, id, listener),
    close: () => followers.close(),
  };
}
