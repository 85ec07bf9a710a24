// The service: a logged-in browser lends its login to a device, at either door.
import { randomUUID } from 'node:crypto';
import type { ApiTokens } from '../tokens/api-token.js';
import type { KeyRing } from '../tokens/key-ring.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Directory, SharedState, Unsubscribe } from '../vocabulary/ports.js';
import type { Account, OnEvent } from '../vocabulary/types.js';
import { type DeviceGrant, deviceGrant } from './device-grant.js';
import { equal } from './equal.js';
import type { AskingDevice, Proof } from './input.js';
import { issuer, type Redemption } from './issue.js';
import { checkedLimits, type LimitOptions } from './limits.js';
import { claimOpenPairing } from './open-pairing-quota.js';
import { type Owner, type Pairing, pairingSeconds, statusAt } from './pairing.js';
import { type CodeFormat, codes } from './pairing-code.js';
import { links, qrCode } from './pairing-link.js';
import { prover } from './prove.js';
import { locatorKey, pairingRecords, type Transition } from './records.js';
import { type ApprovalPolicy, redeemer, type Waiting } from './redeem.js';
import { matchNumber } from './secrets.js';
import { throttle } from './throttle.js';
import { verification } from './verification.js';
import { type PairingView, views } from './view.js';
import { following } from './watching.js';

/** How a browser lends its login to a device. */
export interface Pairings extends DeviceGrant {
  /**
   * Opens a pairing for a logged-in user. It lives 300 s and is used once.
   * @throws ERR_PAIRING_LIMIT while the user has 3 under way, ERR_THROTTLED, ERR_STATE_UNAVAILABLE.
   */
  open(owner: Owner): Promise<PairingView>;
  /** The pairing as it is now. @throws ERR_PAIRING_UNKNOWN if there is none or it is not theirs. */
  view(userId: string, id: string): Promise<PairingView>;
  /**
   * Lets the app in that has claimed the pairing, if `number` is the one that it shows. The third wrong number denies.
   * @throws ERR_MATCH_NUMBER, ERR_PAIRING_UNCLAIMED, ERR_PAIRING_UNKNOWN, ERR_PAIRING_ENDED.
   */
  approve(userId: string, id: string, number: string): Promise<PairingView>;
  /** Refuses the app that has claimed the pairing. @throws as `approve`. */
  deny(userId: string, id: string): Promise<PairingView>;
  /** Ends a pairing that is under way. @throws ERR_PAIRING_UNKNOWN, ERR_PAIRING_ENDED. */
  cancel(userId: string, id: string): Promise<PairingView>;
  /** The QR code, an SVG document. @throws ERR_PAIRING_UNKNOWN, ERR_PAIRING_ENDED. */
  qr(userId: string, id: string): Promise<string>;
  /**
   * Turns the typed code, or what the QR code carries, into a device and its token, or into a claim that the owner must
   * approve. With the same `redemptionId` and `clientId` a lost answer is given again for 60 s; any other second redemption
   * revokes what was issued.
   * @throws ERR_BODY_INVALID, ERR_GRANT_INVALID (whatever is wrong with the proof), ERR_THROTTLED, ERR_DEVICE_LIMIT (the
   * pairing stays open), ERR_STATE_UNAVAILABLE, ERR_DIRECTORY_UNAVAILABLE: after these two, asking again is safe.
   */
  redeem(proof: Proof, device: AskingDevice): Promise<Redemption | Waiting>;
  /** What waits with this user code. @throws ERR_USER_CODE, ERR_THROTTLED. */
  lookUpRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /** Lets the device in that shows this user code; from then on it is the owner's pairing. @throws as `lookUpRequest`. */
  approveRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /** Refuses it. @throws as `lookUpRequest`. */
  denyRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Calls back with the view now and at each change until unwatched; with `undefined`, once and last, when it can't go
   * on as the shared state is lost. @throws ERR_PAIRING_UNKNOWN, ERR_STATE_UNAVAILABLE.
   */
  watch(userId: string, id: string, listener: (view: PairingView | undefined) => void): Promise<Unsubscribe>;
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
  /** Default: `off`. */
  readonly approval?: ApprovalPolicy;
  /** How many devices one user may have. Default: 50. */
  readonly maximumDevices?: number;
  /** Default: those of `LimitOptions`. */
  readonly limits?: LimitOptions;
  /** Must not throw. */
  readonly onEvent: OnEvent;
}

const locatorRounds = 20;
const codeFormats: readonly CodeFormat[] = ['base32', 'digits'];
const policies: readonly ApprovalPolicy[] = ['off', 'typed', 'always'];

/**
 * Makes the service.
 * @throws ERR_CONFIG for an `appLink`, a `codeFormat`, an `approval` or `limits` that cannot be.
 */
export function pairings(options: PairingsOptions): Pairings {
  const { state, keys, tokens, onEvent, codeFormat = 'base32', approval = 'off', maximumDevices = 50 } = options;
  checkWord('codeFormat', codeFormat, codeFormats);
  checkWord('approval', approval, policies);
  const link = links(options.appLink, tokens.issuer, keys);
  const code = codes(keys, codeFormat);
  const records = pairingRecords(state);
  const limit = throttle(state, onEvent, checkedLimits(options.limits));
  const services = { state, records, keys, throttle: limit, codes: code, onEvent };
  const issuing = issuer({ ...options, maximumDevices, records });
  const viewOf = views({ codes: code, links: link });
  const decision = verification(services);

  async function find(userId: string, id: string): Promise<{ pairing: Pairing; now: number }> {
    const { pairing, now } = await records.find(id);
    // Without its key nobody can redeem it: this instance's ring has moved on.
    if (pairing?.owner?.userId !== userId || keys.find(pairing.kid) === undefined) {
      throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    }
    return { pairing, now };
  }

  async function view(userId: string, id: string): Promise<PairingView> {
    const { pairing, now } = await find(userId, id);
    return viewOf(pairing, now);
  }

  async function stored(owner: Owner, now: number): Promise<Pairing & { readonly locator: string }> {
    for (let round = 0; round < locatorRounds; round += 1) {
      const pairing = {
        id: randomUUID(),
        flow: 'browser',
        owner: { userId: owner.userId, subject: owner.subject },
        kid: keys.current.kid,
        locator: code.locator(),
        openedAt: now,
        expiresAt: now + pairingSeconds * 1000,
        state: 'open',
      } as const;
      if (await records.add(pairing, locatorKey(pairing.locator))) return pairing;
    }
    throw new LatchkeyError('ERR_PAIRING_LIMIT');
  }

  /** The outcome of what the owner did, for whoever came too late or too early, too. */
  function done(transition: Transition | undefined): Transition {
    if (transition === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    if (transition.outcome === 'moved') return transition;
    const early = statusAt(transition.pairing, transition.now) === 'open';
    throw new LatchkeyError(early ? 'ERR_PAIRING_UNCLAIMED' : 'ERR_PAIRING_ENDED');
  }

  const followers = following<PairingView>({
    state,
    read: view,
    next: ({ status, codeExpiresIn, expiresIn }) =>
      codeExpiresIn ?? (status === 'claimed' || status === 'approved' ? expiresIn : undefined),
    mark: ({ status, code: shown, triesLeft }) => `${status} ${shown} ${triesLeft}`,
  });

  return {
    async open(owner) {
      const [now] = await Promise.all([state.now(), limit.opening(owner.userId)]);
      const pairing = await stored(owner, now);
      try {
        if (!(await claimOpenPairing(state, records, owner, pairing, now)))
          throw new LatchkeyError('ERR_PAIRING_LIMIT');
      } catch (error) {
        // As far as the state can be reached: a claim that ran after all is free again once its pairing is gone.
        await records.withdraw(pairing, locatorKey(pairing.locator)).catch(() => undefined);
        throw error;
      }
      onEvent({ type: 'pairing.opened', pairingId: pairing.id, userId: owner.userId });
      return viewOf(pairing, now);
    },

    view,

    async approve(userId, id, number) {
      const found = await find(userId, id);
      const { owner } = found.pairing;
      if (owner === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
      const matched = equal(matchNumber(keys, found.pairing), number);
      const { pairing, now } = done(await records.transition(id, { type: 'approve', owner, matched }, found));
      if (pairing.state === 'approved') onEvent({ type: 'pairing.approved', pairingId: id, userId });
      if (pairing.state === 'denied') onEvent({ type: 'pairing.denied', pairingId: id, userId });
      if (!matched) throw new LatchkeyError('ERR_MATCH_NUMBER');
      return viewOf(pairing, now);
    },

    async deny(userId, id) {
      const found = await find(userId, id);
      const { pairing, now } = done(await records.transition(id, { type: 'deny' }, found));
      onEvent({ type: 'pairing.denied', pairingId: id, userId });
      return viewOf(pairing, now);
    },

    async cancel(userId, id) {
      const found = await find(userId, id);
      const { pairing, now } = done(await records.transition(id, { type: 'cancel' }, found));
      onEvent({ type: 'pairing.cancelled', pairingId: id, userId });
      return viewOf(pairing, now);
    },

    async qr(userId, id) {
      const { uri } = await view(userId, id);
      if (uri === undefined) throw new LatchkeyError('ERR_PAIRING_ENDED');
      return qrCode(uri);
    },

    redeem: redeemer({ ...services, prove: prover(services), issuer: issuing, approval }),
    ...deviceGrant({ ...services, issuer: issuing }),

    async lookUpRequest(owner, userCode) {
      const { pairing, now } = await decision.lookup(owner, userCode);
      return viewOf(pairing, now);
    },
    async approveRequest(owner, userCode) {
      const { pairing, now } = await decision.approve(owner, userCode);
      return viewOf(pairing, now);
    },
    async denyRequest(owner, userCode) {
      const { pairing, now } = await decision.deny(owner, userCode);
      return viewOf(pairing, now);
    },

    watch: (userId, id, listener) => followers.follow(userId, id, listener),
    close: () => followers.close(),
  };
}

function checkWord(name: string, given: string, words: readonly string[]): void {
  if (words.includes(given)) return;
  const expected = words.map((word) => `'${word}'`).join(' or ');
  throw new LatchkeyError('ERR_CONFIG', { detail: `quickConnect.${name} must be ${expected}.` });
}
