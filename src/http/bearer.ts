// Accepts or refuses bearer tokens, for requests, renewals and introspection.
import { decideAdmission } from '../directory/resolution/admission.js';
import type { DeviceOwner } from '../directory/resolution/resolve-principal.js';
import type { VerifiedToken } from '../tokens/api-token.js';
import { graceSeconds, type TokenState, tokenState } from '../tokens/token-state.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { chain, type MaybePromise } from '../vocabulary/maybe-promise.js';
import type { DeviceServices, HttpServices } from './services.js';

type PresentedToken = Pick<VerifiedToken, 'serial' | 'expiresAtMs'>;

/** A device whose token was accepted, and the owner of the device. */
export interface Bearer extends DeviceOwner, PresentedToken {
  readonly state: Exclude<TokenState, 'reused' | 'unknown'>;
}

/** Accepts or refuses tokens. */
export interface Bearers {
  /**
   * Returns the device and the owner of a token, synchronously if this process has cached both. Changes nothing, with
   * one exception: if a replaced token is used after its grace period, the device is revoked.
   *
   * @throws {LatchkeyError} `ERR_TOKEN_INVALID`, `ERR_TOKEN_EXPIRED` or `ERR_TOKEN_REVOKED` when the token has ended
   * (401); `ERR_TOKEN_SUSPENDED`, `ERR_ACCOUNT_DISABLED`, `ERR_ACCOUNT_PENDING` or `ERR_ACCOUNT_UNMAPPED` when the
   * token is valid but its owner is refused for now (403); `ERR_DIRECTORY_UNAVAILABLE` when the directory has to decide
   * and is unavailable.
   */
  acceptToken(token: string): MaybePromise<Bearer>;
  /**
   * Records that the app has received this token. At the first use of a new token, the token replaces the previous one,
   * and the grace period of the previous token begins.
   */
  confirmRenewal(bearer: Bearer): MaybePromise<Bearer>;
}

/**
 * Returns the bearer token from the value of an `Authorization` header. Returns `undefined` for any other scheme,
 * because other schemes belong to the host.
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization !== undefined && bearerScheme.test(authorization) ? authorization.slice(7).trim() : undefined;
}

const bearerScheme = /^bearer(?:[ \t]|$)/i;

/** Returns whether this error is a refusal of a token or its owner, and not the failure of a dependency. */
export function isVerdict(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.status === 401 || error.status === 403);
}

/** Creates the functions that accept or refuse tokens. */
export function bearers(services: HttpServices, { tokens, liveness }: DeviceServices): Bearers {
  const { resolver, directory, renewal, provisioning, hostLinks, onEvent, now } = services;

  function admitted(
    { device, account }: DeviceOwner,
    token: PresentedToken,
    state: Bearer['state'],
  ): MaybePromise<Bearer> {
    if (device.revokedAt !== undefined) throw new LatchkeyError('ERR_TOKEN_REVOKED');
    if (device.expiresAt.getTime() <= now()) throw new LatchkeyError('ERR_TOKEN_EXPIRED');
    // The owner is checked last. An app must discard a token that has ended, but keep a token that is refused only
    // temporarily.
    return chain(liveness.check(device, account), () => {
      const admission = decideAdmission(account, 'token', provisioning);
      if (!admission.admitted) {
        onEvent({ type: 'login.refused', userId: device.userId, subject: device.subject, code: admission.code });
        throw new LatchkeyError(admission.code);
      }
      const { serial, expiresAtMs } = token;
      if (hostLinks === undefined) return { serial, expiresAtMs, device, account, state };
      return chain(hostLinks.linked(account), (own) => {
        if (own instanceof LatchkeyError) throw own;
        return { serial, expiresAtMs, device, account: own, state };
      });
    });
  }

  /**
   * Checks a token against the device's row in the directory, because a cached row might be older than the token. A
   * wrong refusal would log the app out.
   */
  async function afresh({ device: { id }, account }: DeviceOwner, token: PresentedToken): Promise<Bearer> {
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
    // `confirm` returns no row if the device was just revoked, or if another renewal was faster.
    return row === undefined ? afresh(bearer, { serial, expiresAtMs }) : { ...bearer, device: row, state: 'current' };
  }

  function acceptToken(text: string): MaybePromise<Bearer> {
    const token = tokens.verify(text);
    const { deviceId, subject } = token;
    return chain(resolver.findDevice(deviceId, subject), (owner) => {
      if (owner === undefined) throw new LatchkeyError('ERR_TOKEN_INVALID');
      const state = tokenState(owner.device, token.serial, now());
      const doubtful = state === 'reused' || state === 'unknown';
      if (!doubtful) return admitted(owner, token, state);
      // A revocation is final, so Latchkey does not query the directory.
      if (owner.device.revokedAt !== undefined) throw new LatchkeyError('ERR_TOKEN_REVOKED');
      return afresh(owner, token);
    });
  }

  return { acceptToken, confirmRenewal: (bearer) => (bearer.state === 'next' ? confirm(bearer) : bearer) };
}
