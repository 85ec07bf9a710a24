// Lists all values of the labels. Each list is fixed, so the number of time series never grows.
import type { ErrorCode } from '../vocabulary/errors.js';
import type { LatchkeyEvent } from '../vocabulary/events.js';

/** All values of `RequestOutcome`. */
export const requestOutcomes = ['header', 'session', 'token', 'anonymous', 'refused'] as const;

/**
 * How `authenticate` ended: with a principal of this method, without a login (`anonymous`), or with a refusal
 * (`refused`).
 */
export type RequestOutcome = (typeof requestOutcomes)[number];

/** All values of `LookUpKind`. */
export const lookUpKinds = ['user', 'device', 'mapping'] as const;

/** What a look-up looks for. */
export type LookUpKind = (typeof lookUpKinds)[number];

/** All values of `CacheLevel`. */
export const cacheLevels = ['memory', 'state', 'directory'] as const;

/** The slowest level that a look-up needed: the memory of this process, the shared state, or the directory. */
export type CacheLevel = (typeof cacheLevels)[number];

/** All values of `Grant`. */
export const grants = ['quick-connect', 'device-code', 'refresh-token'] as const;

/** The grant of a token request: the browser flow, the polling of RFC 8628, or a renewal. */
export type Grant = (typeof grants)[number];

/** All values of `TokenOutcome`. */
export const tokenOutcomes = [
  'issued',
  'ERR_ACCESS_DENIED',
  'ERR_ACCOUNT_DISABLED',
  'ERR_ACCOUNT_LOCAL',
  'ERR_ACCOUNT_PENDING',
  'ERR_ACCOUNT_UNMAPPED',
  'ERR_AUTHORIZATION_PENDING',
  'ERR_BODY_INVALID',
  'ERR_DEVICE_CODE_EXPIRED',
  'ERR_DEVICE_LIMIT',
  'ERR_DIRECTORY_UNAVAILABLE',
  'ERR_GRANT_INVALID',
  'ERR_SLOW_DOWN',
  'ERR_STATE_UNAVAILABLE',
  'ERR_THROTTLED',
  'ERR_TOKEN_SUSPENDED',
  'other',
] as const;

/** How a token request ended: with a token, with one of these error codes, or with another error. */
export type TokenOutcome = Extract<(typeof tokenOutcomes)[number], 'issued' | 'other' | ErrorCode>;

// If a type of event is missing here, this file does not compile.
const everyType: Readonly<Record<LatchkeyEvent['type'], true>> = {
  'user.created': true,
  'user.updated': true,
  'user.changed-by-administrator': true,
  'user.deleted': true,
  'user.linked': true,
  'user.unlinked': true,
  'user.renamed': true,
  'user.merged': true,
  'mapping.changed': true,
  'login.refused': true,
  'assertion.refused': true,
  'assertion.incomplete': true,
  'session.started': true,
  'session.ended': true,
  'pairing.opened': true,
  'pairing.requested': true,
  'pairing.claimed': true,
  'pairing.approved': true,
  'pairing.denied': true,
  'pairing.cancelled': true,
  'pairing.burned': true,
  'pairing.replayed': true,
  'device.paired': true,
  'device.renamed': true,
  'device.renewed': true,
  'device.renewal-repeated': true,
  'device.revoked': true,
  'device.token-reused': true,
  'throttle.reached': true,
  'directory.lost': true,
  'directory.restored': true,
  'state.lost': true,
  'state.restored': true,
  'state.not-persistent': true,
  error: true,
};

/** The type of an event. */
export type EventType = LatchkeyEvent['type'];

/** All types of events. */
export const eventTypes: readonly EventType[] = Object.keys(everyType) as EventType[];
