// The pairing service, which connects an app to a logged-in user's account through the browser flow or the device flow.
import { randomUUID } from 'node:crypto';
import type { KeyRing } from '../tokens/key-ring.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { SharedState, Unsubscribe } from '../vocabulary/ports.js';
import type { Owner } from '../vocabulary/types.js';
import { alternatives, isOneOf } from '../vocabulary/words.js';
import { type DeviceGrant, deviceGrant } from './device-grant.js';
import { equal } from './equal.js';
import type { AskingDevice, Proof } from './input.js';
import { type IssueServices, issuer, type Redemption } from './issue.js';
import { checkedLimits, type LimitOptions } from './limits.js';
import { claimOpenPairing } from './open-pairing-quota.js';
import { type Pairing, pairingSeconds, statusAt } from './pairing.js';
import { type CodeFormat, codeFormats, codes } from './pairing-code.js';
import { links, qrCode } from './pairing-link.js';
import { locatorKey, pairingRecords, type StoredPairing, type Transition } from './records.js';
import { type ApprovalPolicy, approvalPolicies, redeemer, type Waiting } from './redeem.js';
import { matchNumber } from './secrets.js';
import type { PairingServices } from './services.js';
import { throttle } from './throttle.js';
import { verification } from './verification.js';
import { type PairingView, views } from './view.js';
import { followers, type PairingListener } from './watching.js';

/** Pairs apps with the accounts of logged-in users. */
export interface Pairings extends DeviceGrant {
  /**
   * Opens a pairing for a logged-in user. The pairing is valid for 300 seconds and can be used once.
   * @throws {LatchkeyError} `ERR_PAIRING_LIMIT` when the user already has three pairings that have not ended.
   * @throws {LatchkeyError} `ERR_THROTTLED` or `ERR_STATE_UNAVAILABLE`.
   */
  open(owner: Owner): Promise<PairingView>;
  /**
   * Returns the current state of a pairing.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` when the pairing does not exist or belongs to another user.
   */
  view(owner: Owner, id: string): Promise<PairingView>;
  /**
   * Approves the app that has claimed the pairing, but only if `number` is the number that the app shows. The third
   * wrong number denies the pairing.
   * @throws {LatchkeyError} `ERR_MATCH_NUMBER`, `ERR_PAIRING_UNCLAIMED`, `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  approve(owner: Owner, id: string, number: string): Promise<PairingView>;
  /**
   * Denies the app that has claimed the pairing.
   * @throws {LatchkeyError} `ERR_PAIRING_UNCLAIMED`, `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  deny(owner: Owner, id: string): Promise<PairingView>;
  /**
   * Cancels a pairing that has not ended.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  cancel(owner: Owner, id: string): Promise<PairingView>;
  /**
   * Returns the QR code as an SVG document.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_PAIRING_ENDED`.
   */
  qr(owner: Owner, id: string): Promise<string>;
  /**
   * Exchanges a typed code or the content of a QR code for a device and the device's token, or for a claim that the
   * owner must approve. Within 60 seconds, a request with the same `redemptionId` and `clientId` gets the same answer
   * again, in case the first answer was lost. Any other second redemption revokes the issued token.
   * @throws {LatchkeyError} `ERR_BODY_INVALID` or `ERR_THROTTLED`.
   * @throws {LatchkeyError} `ERR_GRANT_INVALID` when the proof is invalid for any reason.
   * @throws {LatchkeyError} `ERR_DEVICE_LIMIT` when the owner has too many devices. The pairing stays open.
   * @throws {LatchkeyError} `ERR_STATE_UNAVAILABLE` or `ERR_DIRECTORY_UNAVAILABLE`. A retry is safe.
   */
  redeem(proof: Proof, device: AskingDevice): Promise<Redemption | Waiting>;
  /**
   * Returns the device request that has this user code.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  lookUpRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Approves the device that shows this user code. After the approval, the pairing belongs to `owner`.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  approveRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Denies the device that shows this user code.
   * @throws {LatchkeyError} `ERR_USER_CODE` or `ERR_THROTTLED`.
   */
  denyRequest(owner: Owner, userCode: string): Promise<PairingView>;
  /**
   * Calls `listener` with the current view of the pairing, and again after each change, until you unsubscribe. If a
   * later read of the shared state fails, calls `listener` a last time with `undefined`.
   * @throws {LatchkeyError} `ERR_PAIRING_UNKNOWN` or `ERR_STATE_UNAVAILABLE`.
   */
  watch(owner: Owner, id: string, listener: PairingListener): Promise<Unsubscribe>;
  /** Ends every watch. */
  close(): Promise<void>;
}

/** The dependencies and options of `pairings`. */
export interface PairingsOptions extends Omit<IssueServices, 'records' | 'maximumDevices'> {
  readonly state: SharedState;
  readonly keys: KeyRing;
  /** The https link that opens the app, or a page that explains where to get the app. */
  readonly appLink: string;
  /** Default: `base32`. */
  readonly codeFormat?: CodeFormat | undefined;
  /** Default: `off`. */
  readonly approval?: ApprovalPolicy | undefined;
  /** The maximum number of devices of one user. Default: 50. */
  readonly maximumDevices?: number | undefined;
  /** Default: the defaults of `LimitOptions`. */
  readonly limits?: LimitOptions | undefined;
}

const locatorRounds = 20;

/**
 * Creates the pairing service.
 * @throws {LatchkeyError} `ERR_CONFIG` when `appLink`, `codeFormat`, `approval` or `limits` is invalid.
 */
export function pairings(options: PairingsOptions): Pairings {
  const { state, keys, tokens, onEvent, codeFormat = 'base32', approval = 'off', maximumDevices = 50 } = options;
  checkWord('codeFormat', codeFormat, codeFormats);
  checkWord('approval', approval, approvalPolicies);
  const link = links(options.appLink, tokens.issuer, keys);
  const records = pairingRecords(state);
  const services: PairingServices = {
    state,
    records,
    throttle: throttle(state, onEvent, checkedLimits(options.limits)),
    codes: codes(keys, codeFormat),
    keys,
    issuer: issuer({ ...options, maximumDevices, records }),
    onEvent,
  };
  const viewOf = views(services.codes, link);
  const requests = verification(services);

  async function find({ userId }: Owner, id: string): Promise<StoredPairing> {
    const { pairing, now } = await records.find(id);
    // If this instance's key ring no longer contains the pairing's key, nobody can redeem the pairing.
    if (pairing?.owner?.userId !== userId || keys.find(pairing.kid) === undefined) {
      throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
    }
    return { pairing, now };
  }

  async function store({ userId, subject }: Owner, now: number): Promise<Pairing & { readonly locator: string }> {
    for (let round = 0; round < locatorRounds; round += 1) {
      const pairing = {
        id: randomUUID(),
        flow: 'browser',
        owner: { userId, subject },
        kid: keys.current.kid,
        locator: services.codes.locator(),
        openedAt: now,
        expiresAt: now + pairingSeconds * 1000,
        state: 'open',
      } as const;
      if (await records.add(pairing, locatorKey(pairing.locator))) return pairing;
    }
    throw new LatchkeyError('ERR_PAIRING_LIMIT');
  }

  async function open(owner: Owner): Promise<PairingView> {
    const [now] = await Promise.all([state.now(), services.throttle.opening(owner)]);
    const pairing = await store(owner, now);
    try {
      if (!(await claimOpenPairing(services, { pairing, now }))) throw new LatchkeyError('ERR_PAIRING_LIMIT');
    } catch (error) {
      // If this removal fails, the error is ignored. If the pairing has taken a place in the quota, the place is free
      // again as soon as the pairing no longer exists.
      await records.withdraw(pairing, locatorKey(pairing.locator)).catch(() => undefined);
      throw error;
    }
    onEvent({ type: 'pairing.opened', pairingId: pairing.id, ...userOf(owner) });
    return viewOf({ pairing, now });
  }

  async function view(owner: Owner, id: string): Promise<PairingView> {
    return viewOf(await find(owner, id));
  }

  async function approve(owner: Owner, id: string, number: string): Promise<PairingView> {
    const found = await find(owner, id);
    const matched = equal(matchNumber(keys, found.pairing), number);
    const approved = done(await records.transition(found, { type: 'approve', owner, matched }));
    const { state: next } = approved.pairing;
    if (next === 'approved') onEvent({ type: 'pairing.approved', pairingId: id, ...userOf(owner) });
    if (next === 'denied') onEvent({ type: 'pairing.denied', pairingId: id, ...userOf(owner) });
    if (!matched) throw new LatchkeyError('ERR_MATCH_NUMBER');
    return viewOf(approved);
  }

  async function deny(owner: Owner, id: string): Promise<PairingView> {
    const denied = done(await records.transition(await find(owner, id), { type: 'deny' }));
    onEvent({ type: 'pairing.denied', pairingId: id, ...userOf(owner) });
    return viewOf(denied);
  }

  async function cancel(owner: Owner, id: string): Promise<PairingView> {
    const cancelled = done(await records.transition(await find(owner, id), { type: 'cancel' }));
    onEvent({ type: 'pairing.cancelled', pairingId: id, ...userOf(owner) });
    return viewOf(cancelled);
  }

  async function qr(owner: Owner, id: string): Promise<string> {
    const { uri } = await view(owner, id);
    if (uri === undefined) throw new LatchkeyError('ERR_PAIRING_ENDED');
    return qrCode(uri);
  }

  async function lookUpRequest(owner: Owner, userCode: string): Promise<PairingView> {
    return viewOf(await requests.lookup(owner, userCode));
  }

  async function approveRequest(owner: Owner, userCode: string): Promise<PairingView> {
    return viewOf(await requests.approve(owner, userCode));
  }

  async function denyRequest(owner: Owner, userCode: string): Promise<PairingView> {
    return viewOf(await requests.deny(owner, userCode));
  }

  const redeem = redeemer(services, approval);
  const { follow: watch, close } = followers(state, view);
  const ofOwner = { open, view, approve, deny, cancel, qr, watch, lookUpRequest, approveRequest, denyRequest };
  return { ...ofOwner, redeem, ...deviceGrant(services), close };
}

/**
 * Returns only the members that events contain. A caller may pass a whole principal, which has more members than an
 * owner.
 */
function userOf({ userId, subject }: Owner): Owner {
  return { userId, subject };
}

/** Returns a successful transition, or throws an error that says whether the owner decided too early or too late. */
function done(transition: Transition | undefined): Transition {
  if (transition === undefined) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
  if (transition.outcome === 'moved') return transition;
  const early = statusAt(transition.pairing, transition.now) === 'open';
  throw new LatchkeyError(early ? 'ERR_PAIRING_UNCLAIMED' : 'ERR_PAIRING_ENDED');
}

function checkWord(name: string, given: string, words: readonly string[]): void {
  if (isOneOf(words, given)) return;
  throw new LatchkeyError('ERR_CONFIG', { detail: `quickConnect.${name} must be ${alternatives(words)}.` });
}
