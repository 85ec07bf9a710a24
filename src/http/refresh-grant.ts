// Exchanges the current token for a new one (RFC 6749 §6).

import type { Redemption } from '../pairing/issue.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { type Bearer, bearers } from './bearer.js';
import type { DeviceServices, HttpServices } from './services.js';

/** An app's request to renew its token. */
export interface RenewalRequest {
  /** The current access token. */
  readonly token: string;
  readonly clientId: string;
  /** The IP address of the client. */
  readonly address: string | undefined;
}

/**
 * Creates the function that renews tokens. If an app repeats the request before it uses the new token, it gets the same
 * new token again.
 *
 * @throws {LatchkeyError} As a rejection: `ERR_GRANT_INVALID` for a token that is no longer valid, was replaced, or
 * belongs to another app.
 */
export function renewer(
  services: HttpServices,
  devices: DeviceServices,
): (request: RenewalRequest) => Promise<Redemption> {
  const { renewal, onEvent, now } = services;
  const { tokens, liveness } = devices;
  const { acceptToken, confirmRenewal } = bearers(services, devices);

  async function bearerOf({ token, clientId }: RenewalRequest): Promise<Bearer> {
    try {
      const shown = await acceptToken(token);
      // Latchkey must check that the token belongs to this app before it confirms the renewal.
      if (shown.device.clientId !== clientId) throw refused();
      return await confirmRenewal(shown);
    } catch (error) {
      // At this endpoint, an invalid token is an invalid grant (RFC 6749 §5.2).
      if (error instanceof LatchkeyError && error.oauthCode === 'invalid_token') throw refused(error);
      throw error;
    }
  }

  async function renew(request: RenewalRequest): Promise<Redemption> {
    const { device, account, serial } = await bearerOf(request);
    const renewedAt = now();
    const expiresAt = tokens.expiryOf(new Date(renewedAt), device.createdAt);
    const row = await renewal.renew(device.id, serial, new Date(renewedAt), expiresAt);
    // During the grace period of a replaced token, the API still accepts that token. But after the app has used the new
    // token, it can renew only the new token.
    if (row?.renewedAt === undefined) throw refused();
    // A repeated renewal can mean that an attacker renewed the token before the app did.
    if (row.renewedAt.getTime() !== renewedAt) {
      const { address } = request;
      onEvent({
        type: 'device.renewal-repeated',
        userId: row.userId,
        subject: row.subject,
        deviceId: row.id,
        renewedAt: row.renewedAt,
        address,
      });
    }
    liveness.used(device, () => request.address);
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
      account: { subject, displayName },
    };
  }

  return renew;
}

function refused(cause?: unknown): LatchkeyError {
  return new LatchkeyError('ERR_GRANT_INVALID', { detail: 'This token cannot be renewed.', cause });
}
