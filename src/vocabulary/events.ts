// Defines the events that the host receives. docs/events.md describes each event.
import type { ErrorCode } from './errors.js';
import type { LeftOutField } from './types.js';
import type { PairedBy, SessionLogin } from './words.js';

/**
 * The events that Latchkey sends to the host's `onEvent`. An event never contains a pairing code, a secret or a token.
 */
export type LatchkeyEvent =
  | {
      readonly type: 'user.created';
      readonly userId: string;
      readonly subject: string;
      readonly by?: string | undefined;
    }
  | { readonly type: 'user.updated'; readonly userId: string; readonly subject: string }
  | {
      readonly type: 'user.changed-by-administrator';
      readonly userId: string;
      readonly subject: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'user.deleted';
      readonly userId: string;
      readonly subject: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'user.linked';
      readonly userId: string;
      readonly subject: string;
      readonly hostUserId: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'user.unlinked';
      readonly userId: string;
      readonly subject: string;
      /** The id of the host's row to which the user was linked. */
      readonly hostUserId: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'user.renamed';
      readonly userId: string;
      readonly subject: string;
      /** The former subject. */
      readonly from: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'user.merged';
      /** The id of the user who remains after the merge. */
      readonly userId: string;
      readonly subject: string;
      /** The subject of the user who was merged into the remaining user. */
      readonly from: string;
      readonly by?: string | undefined;
    }
  | { readonly type: 'mapping.changed'; readonly group: string; readonly by?: string | undefined }
  | {
      readonly type: 'login.refused';
      /** Absent if there is no such user. */
      readonly userId?: string | undefined;
      readonly subject: string;
      readonly code: ErrorCode;
    }
  | { readonly type: 'assertion.refused'; readonly code: ErrorCode; readonly peer: string | undefined }
  | { readonly type: 'assertion.incomplete'; readonly subject: string; readonly fields: readonly LeftOutField[] }
  | {
      readonly type: 'session.started';
      readonly userId: string;
      readonly subject: string;
      readonly how: SessionLogin;
    }
  | {
      readonly type: 'session.ended';
      readonly userId: string;
      readonly subject: string;
      readonly reason: string;
    }
  | { readonly type: 'pairing.opened'; readonly pairingId: string; readonly userId: string; readonly subject: string }
  | { readonly type: 'pairing.requested'; readonly pairingId: string; readonly clientId: string }
  | {
      readonly type: 'pairing.claimed';
      readonly pairingId: string;
      readonly userId: string;
      readonly subject: string;
      readonly clientId: string;
    }
  | { readonly type: 'pairing.approved'; readonly pairingId: string; readonly userId: string; readonly subject: string }
  | { readonly type: 'pairing.denied'; readonly pairingId: string; readonly userId: string; readonly subject: string }
  | {
      readonly type: 'pairing.cancelled';
      readonly pairingId: string;
      readonly userId: string;
      readonly subject: string;
    }
  | { readonly type: 'pairing.burned'; readonly pairingId: string; readonly userId: string; readonly subject: string }
  | {
      readonly type: 'pairing.replayed';
      readonly pairingId: string;
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
    }
  | {
      readonly type: 'device.paired';
      readonly pairingId: string;
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
      /** The name that the app reported, 1–64 printable characters. */
      readonly deviceName: string;
      readonly clientId: string;
      readonly pairedBy: PairedBy;
      /** The address from which the app's request came, for display only. */
      readonly address: string;
    }
  | {
      readonly type: 'device.renamed';
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
      readonly by?: string | undefined;
    }
  | { readonly type: 'device.renewed'; readonly userId: string; readonly subject: string; readonly deviceId: string }
  | {
      readonly type: 'device.renewal-repeated';
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
      /** The time at which the new token was first issued. The new token has not been used yet. */
      readonly renewedAt: Date;
      /** The address from which the repeated request came, for display only. */
      readonly address?: string | undefined;
    }
  | {
      readonly type: 'device.revoked';
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
      readonly by?: string | undefined;
    }
  | {
      readonly type: 'device.token-reused';
      readonly userId: string;
      readonly subject: string;
      readonly deviceId: string;
    }
  | {
      readonly type: 'throttle.reached';
      readonly limit: 'address' | 'network' | 'user' | 'global';
      /** The user whose limit was reached. Absent if the limit does not apply to a single user. */
      readonly userId?: string | undefined;
      readonly subject?: string | undefined;
    }
  | { readonly type: 'directory.lost' }
  | { readonly type: 'directory.restored' }
  | { readonly type: 'state.lost' }
  | { readonly type: 'state.restored' }
  | { readonly type: 'state.not-persistent' }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      /**
       * The code of the cause: the SQLSTATE, the first word of the error from Redis, or the driver's own code, such as
       * `ECONNREFUSED`.
       */
      readonly reason?: string | undefined;
      /** The driver's message, without the values of the statement. */
      readonly cause?: string | undefined;
      /**
       * How many errors with the same code, reason and message were not reported since the last event about them.
       * Absent if there were none.
       */
      readonly unreported?: number | undefined;
    };

/**
 * Receives every event. If this function throws or rejects, Latchkey catches the error, so the error never reaches a
 * request.
 */
export type OnEvent = (event: LatchkeyEvent) => void;
