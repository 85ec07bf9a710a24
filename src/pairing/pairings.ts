// The pairing service: a logged-in user connects an app to their account, by the browser flow or the device flow.
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

/** Pairs apps with the accounts of logged-in users. */
export interface Pairings extends DeviceGrant {
  /**
   * Opens a pairing for a logged-in user. It is valid for 300 s and can be used once.
   * @throws {LatchkeyError} `ERR_PAIRING_LIMIT` when the user has 3 pairings under way, `ERR_THROTTLED` or
   * `ERR_STATE_UNAVAILABLE`.
   */
  open(owner: Owner): Promise<PairingView>;
  /**
   * Returns the current state of a pairing.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` when it does not exist or belongs to another user.
   */
  view(userId: string, id: string): Promise<PairingView>;
  /**
   * Approves the app that has claimed the pairing if `number` is the number that the app shows. The third wrong number
   * denies the pairing.
   * @throws {LatchkeyError} `ERR_MATCH_NUMBER`, `ERR_PAIRING_UNCLAIMED`, `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  approve(userId: string, id: string, number: string): Promise<PairingView>;
  /**
   * Denies the app that has claimed the pairing.
   * @throws {LatchkeyError} `ERR_PAIRING_UNCLAIMED`, `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  deny(userId: string, id: string): Promise<PairingView>;
  /**
   * Cancels a pairing that is under way.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  cancel(userId: string, id: string): Promise<PairingView>;
  /**
   * Returns the QR code as an SVG document.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  qr(userId: string, id: string): Promise<string>;
  /**
   * Exchanges a typed code or the content of a QR code for a device and its token, or for a claim that the owner must
   * approve. For 60 s, a repeated request with the same `redemptionId` and `clientId` gets the same answer again, in
   * case the first was lost. Any other second redemption revokes what was issued.
   * @throws {LatchkeyError} `ERR_BODY_INVALID`; `ERR_GRANT_INVALID` when the proof is invalid for any reason;
   * `ERR_THROTTLED`; `ERR_DEVICE_LIMIT`, after which the pairing stays open; `ERR_STATE_UNAVAILABLE` or
   * `ERR_DIRECTORY_UNAVAILABLE`, after which a retry is safe.
   */
  redeem(proof: Proof, device: AskingDevice): Promise<Redemption | Waiting>;
  /**
   * Returns the device request that has this user code.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  lookUpRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Approves the device that shows this user code. From then on, the pairing belongs to the owner.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  approveRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Denies the device that shows this user code.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  denyRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Calls `listener` with the current view and again after each change, until you unsubscribe. If the shared state is
   * lost, the last call passes `undefined`.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_STATE_UNAVAILABLE`.
   */
  watch(userId: string, id: string, listener: (view: PairingView | undefined) => void): Promise<Unsubscribe>;
  /** Ends every watch. */
  close(): Promise<void>;
}

/** The dependencies and options of `pairings`. */
export interface PairingsOptions {
  readonly state: SharedState;
  readonly directory: Pick<Directory, 'createDevice' | 'findDevice' | 'listDevices'>;
  /** Finds the account of a subject. Resolves to `undefined` when its tokens are not accepted now. */
  readonly findAccount: (subject: string) => Promise<Account | undefined>;
  /** Revokes a device on all instances. May reject with `ERR_DEVICE_UNKNOWN`. */
  readonly revokeDevice: (subject: string, deviceId: string) => Promise<void>;
  readonly keys: KeyRing;
  readonly tokens: ApiTokens;
  /** The https link that opens the app, or a page that explains where to get it. */
  readonly appLink: string;
  /** Default: `base32`. */
  readonly codeFormat?: CodeFormat | undefined;
  /** Default: `off`. */
  readonly approval?: ApprovalPolicy | undefined;
  /** The maximum number of devices of one user. Default: 50. */
  readonly maximumDevices?: number | undefined;
  /** Default: those of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
  /** Must not throw. */
  readonly onEvent: OnEvent;
}

const locatorRounds = 20;
const codeFormats: readonly CodeFormat[] = ['base32', 'digits'];
const policies: readonly ApprovalPolicy[] = ['off', 'typed', 'always'];

/**
 * Creates the pairing service.
 * @throws {LatchkeyError} `ERR_CONFIG` when `appLink`, `codeFormat`, `approval` or `limits` is invalid.
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

  async function find(userId: string, id: string): Promise<{ pairing: Pairing; owner: Owner; now: number }> {
    const { pairing, now } = await records.find(id);
    // A pairing whose key is no longer in this instance's key ring cannot be redeemed.
    if (pairing?.owner?.userId !== userId || keys.find(pairing.kid) === undefined) {
      throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    }
    return { pairing, owner: { userId, subject: pairing.owner.subject }, now };
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

  /**
   * Returns a successful transition. Otherwise, throws the error that says whether the owner was too early or too late.
   */
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
      const [now] = await Promise.all([state.now(), limit.opening(owner)]);
      const pairing = await stored(owner, now);
      try {
        if (!(await claimOpenPairing(state, records, owner, pairing, now)))
          throw new LatchkeyError('ERR_PAIRING_LIMIT');
      } catch (error) {
        // Best effort. If the quota claim succeeded after all, its place is free again once the pairing is gone.
        await records.withdraw(pairing, locatorKey(pairing.locator)).catch(() => undefined);
        throw error;
      }
      onEvent({ type: 'pairing.opened', pairingId: pairing.id, userId: owner.userId, subject: owner.subject });
      return viewOf(pairing, now);
    },

    view,

    async approve(userId, id, number) {
      const found = await find(userId, id);
      const matched = equal(matchNumber(keys, found.pairing), number);
      const { pairing, now } = done(
        await records.transition(id, { type: 'approve', owner: found.owner, matched }, found),
      );
      if (pairing.state === 'approved') onEvent({ type: 'pairing.approved', pairingId: id, ...found.owner });
      if (pairing.state === 'denied') onEvent({ type: 'pairing.denied', pairingId: id, ...found.owner });
      if (!matched) throw new LatchkeyError('ERR_MATCH_NUMBER');
      return viewOf(pairing, now);
    },

    async deny(userId, id) {
      const found = await find(userId, id);
      const { pairing, now } = done(await records.transition(id, { type: 'deny' }, found));
      onEvent({ type: 'pairing.denied', pairingId: id, ...found.owner });
      return viewOf(pairing, now);
    },

    async cancel(userId, id) {
      const found = await find(userId, id);
      const { pairing, now } = done(await records.transition(id, { type: 'cancel' }, found));
      onEvent({ type: 'pairing.cancelled', pairingId: id, ...found.owner });
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
