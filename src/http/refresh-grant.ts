// A new token for the present one (RFC 6749 §6).

import type { Redemption } from '../pairing/issue.js';
import type { ApiTokens } from '../tokens/api-token.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { type Bearer, bearers } from './bearer.js';
import type { HttpServices } from './services.js';

/** What an app shows to renew its token. */
export interface RenewalRequest {
  /** The present access token. */
  readonly token: string;
  readonly clientId: string;
  /** Where it asks from. */
  readonly address: string | undefined;
}

/**
 * Renews tokens. Whoever asks again before the new token is used gets the same one again.
 * Rejects with `ERR_GRANT_INVALID` for a token that counts no more, was replaced, or is another app's.
 */
export function renewer(
  services: HttpServices,
  tokens: Pick<ApiTokens, 'verify' | 'mint' | 'expiryOf'>,
): (request: RenewalRequest) => Promise<Redemption> {
  const { renewal, liveness, onEvent, now } = services;
  const { acceptToken, confirmRenewal } = bearers(services, tokens);

  async function bearerOf({ token, clientId }: RenewalRequest): Promise<Bearer> {
    try {
      const shown = await acceptToken(token);
      // Not seen before it is sure that the app which shows it is its own.
      if (shown.device.clientId !== clientId) throw refused();
      return await confirmRenewal(shown);
    } catch (error) {
      // RFC 6749 §5.2: here it is the grant that is wrong, whatever is wrong with it.
      if (error instanceof LatchkeyError && error.oauthCode === 'invalid_token') throw refused(error);
      throw error;
    }
  }

  return async (request) => {
    const { device, account, serial } = await bearerOf(request);
    const renewedAt = now();
    const expiresAt = tokens.expiryOf(new Date(renewedAt), device.createdAt);
    const row = await renewal.renew(device.id, serial, new Date(renewedAt), expiresAt);
    // A token within its grace still opens the API, but its successor has been used: whoever renews must have that one.
    if (row?.renewedAt === undefined) throw refused();
    // Whoever renews ahead of the app in secret makes the app's own renewal a repeated one.
    if (row.renewedAt.getTime() !== renewedAt) {
      const { address } = request;
      onEvent({
        type: 'device.renewal-repeated',
        userId: row.userId,
        deviceId: row.id,
        renewedAt: row.renewedAt,
        ...(address === undefined ? {} : { address }),
      });
    }
    liveness?.used(device, request.address);
    const { subject, displayName } = account;
    return {
      accessToken: tokens.mint({
        deviceId: device.id,
        subject,
        clientId: device.clientId,
        serial: serial + 1,
        issuedAt: row.renewedAt,
        expiresAt: row.expiresAt,
      }),
      expiresIn: Math.max(0, Math.floor((row.expiresAt.getTime() - renewedAt) / 1000)),
      deviceId: device.id,
      account: { subject, ...(displayName === undefined ? {} : { displayName }) },
    };
  };
}

function refused(cause?: unknown): LatchkeyError {
  return new LatchkeyError('ERR_GRANT_INVALID', { detail: 'This token cannot be renewed.', cause });
}
