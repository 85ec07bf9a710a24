// Whose token is that, and does it count? The same questions for a request, a renewal and a server that asks.
import { decideAdmission } from '../directory/resolution/admission.js';
import type { DeviceOwner } from '../directory/resolution/resolve-principal.js';
import type { ApiTokens } from '../tokens/api-token.js';
import { graceSeconds, type TokenState, tokenState } from '../tokens/token-state.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { chain, type MaybePromise } from './maybe-promise.js';
import type { HttpServices } from './services.js';

/** A device whose token was let in, and its owner. */
export interface Bearer extends DeviceOwner {
  /** Of the token that was shown. */
  readonly serial: number;
  /** When the token that was shown ends, in milliseconds since the epoch. Its device may end earlier. */
  readonly expiresAtMs: number;
  readonly state: Exclude<TokenState, 'reused' | 'unknown'>;
}

type Shown = Pick<Bearer, 'serial' | 'expiresAtMs'>;

/** Lets tokens in. */
export interface Bearers {
  /**
   * Whose token this is, without a promise as long as what this process holds speaks for it. Changes nothing, but that
   * a token which was replaced long ago ends its device.
   * @throws ERR_TOKEN_INVALID, ERR_TOKEN_EXPIRED, ERR_TOKEN_REVOKED: the token is over (401); ERR_TOKEN_SUSPENDED,
   * ERR_ACCOUNT_DISABLED, ERR_ACCOUNT_PENDING, ERR_ACCOUNT_UNMAPPED: it counts, and its owner is not admitted now (403);
   * ERR_DIRECTORY_UNAVAILABLE where only the directory could tell.
   */
  acceptToken(token: string): MaybePromise<Bearer>;
  /** Notes that the app has this token: a new one takes the place of the former, whose grace begins. */
  confirmRenewal(bearer: Bearer): MaybePromise<Bearer>;
}

/** Whether this error is a verdict on a token or its owner, rather than a lost dependency. */
export function isVerdict(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.status === 401 || error.status === 403);
}

/** Makes the service. */
export function bearers(services: HttpServices, tokens: Pick<ApiTokens, 'verify'>): Bearers {
  const { resolver, directory, renewal, provisioning, liveness, onEvent, now } = services;

  function admitted({ device, account }: DeviceOwner, token: Shown, state: Bearer['state']): MaybePromise<Bearer> {
    if (device.revokedAt !== undefined) throw new LatchkeyError('ERR_TOKEN_REVOKED');
    if (device.expiresAt.getTime() <= now()) throw new LatchkeyError('ERR_TOKEN_EXPIRED');
    // The owner comes last: an app must learn that its token is over, and must keep one that is only refused for now.
    return chain(liveness?.check(device, account), () => {
      const admission = decideAdmission(account, 'token', provisioning);
      if (!admission.admitted) {
        onEvent({ type: 'login.refused', subject: device.subject, code: admission.code });
        throw new LatchkeyError(admission.code);
      }
      return { ...token, device, account, state };
    });
  }

  /** By the row itself: what the caches hold may be older than the token, and a wrong refusal logs an app out. */
  async function afresh({ device: { id }, account }: DeviceOwner, token: Shown): Promise<Bearer> {
    const row = await directory.findDevice(id);
    if (row?.user.id !== account.userId) throw new LatchkeyError('ERR_TOKEN_INVALID');
    const { device } = row;
    const state = tokenState(device, token.serial, now());
    if (state === 'unknown') throw new LatchkeyError('ERR_TOKEN_INVALID');
    if (state === 'reused') {
      await renewal.revokeReused(device);
      throw new LatchkeyError('ERR_TOKEN_REVOKED');
    }
    return admitted({ device, account }, token, state);
  }

  async function confirm(bearer: Bearer): Promise<Bearer> {
    const { device, serial, expiresAtMs } = bearer;
    const row = await renewal.confirm(device.id, serial, new Date(now() + graceSeconds * 1000));
    // Without one it was revoked just now, or another renewal has overtaken it.
    return row === undefined ? afresh(bearer, { serial, expiresAtMs }) : { ...bearer, device: row, state: 'current' };
  }

  return {
    acceptToken(text) {
      const { deviceId, subject, ...token } = tokens.verify(text);
      return chain(resolver.findDevice(deviceId, subject), (owner) => {
        if (owner === undefined) throw new LatchkeyError('ERR_TOKEN_INVALID');
        const state = tokenState(owner.device, token.serial, now());
        const doubtful = state === 'reused' || state === 'unknown';
        if (!doubtful) return admitted(owner, token, state);
        // Nothing takes a revocation back, so there is nothing to ask.
        if (owner.device.revokedAt !== undefined) throw new LatchkeyError('ERR_TOKEN_REVOKED');
        return afresh(owner, token);
      });
    },

    confirmRenewal: (bearer) => (bearer.state === 'next' ? confirm(bearer) : bearer),
  };
}
