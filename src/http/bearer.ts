// http/: whose token is that, and does it count? The same questions for a request and for a server that asks.
import { admit } from '../directory/admission.js';
import type { DeviceOwner } from '../directory/resolve.js';
import { LatchkeyError } from '../errors.js';
import type { ApiTokens } from '../tokens/api-token.js';
import { after, type Eventually } from './eventually.js';
import type { HttpServices } from './services.js';

/** A device whose token was let in, and its owner. */
export interface Bearer extends DeviceOwner {
  /** When the token that was shown ends, in milliseconds since the epoch. Its device may end earlier. */
  readonly expiresAtMs: number;
}

/** Lets tokens in. */
export interface Bearers {
  /**
   * Whose token this is, without a promise as long as what this process holds speaks for it. Notes no use.
   * @throws ERR_TOKEN_INVALID, ERR_TOKEN_EXPIRED, ERR_TOKEN_REVOKED, ERR_TOKEN_SUSPENDED; ERR_DIRECTORY_UNAVAILABLE
   * where only the directory could tell.
   */
  admit(token: string): Eventually<Bearer>;
}

/** Makes the service. */
export function bearers(services: HttpServices, tokens: Pick<ApiTokens, 'verify'>): Bearers {
  const { resolver, provisioning, liveness, onEvent, now } = services;
  return {
    admit(token) {
      const { deviceId, subject, expiresAtMs } = tokens.verify(token);
      return after(resolver.findDevice(deviceId, subject), (owner) => {
        if (owner === undefined) throw new LatchkeyError('ERR_TOKEN_INVALID');
        const { device, account } = owner;
        if (device.revokedAt !== undefined) throw new LatchkeyError('ERR_TOKEN_REVOKED');
        if (device.expiresAt.getTime() <= now()) throw new LatchkeyError('ERR_TOKEN_EXPIRED');
        const admission = admit(account, 'token', provisioning);
        if (!admission.admitted) {
          onEvent({ type: 'login.refused', subject, code: admission.code });
          throw new LatchkeyError('ERR_TOKEN_INVALID', { cause: new LatchkeyError(admission.code) });
        }
        return after(liveness?.check(device, account), () => ({ device, account, expiresAtMs }));
      });
    },
  };
}
