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
 * Creates the function that renews tokens. A repeated request gets the same new token again until that token is used.
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
      // The renewal is confirmed only after this check, which makes sure that the token belongs to this app.
      if (shown.device.clientId !== clientId) throw refused();
      return await confirmRenewal(shown);
    } catch (error) {
      // At this endpoint, every fault of the token counts as an invalid grant (RFC 6749 §5.2).
      if (error instanceof LatchkeyError && error.oauthCode === 'invalid_token') throw refused(error);
      throw error;
    }
  }

  async function renew(request: RenewalRequest): Promise<Redemption> {
    const { device, account, serial } = await bearerOf(request);
    const renewedAt = now();
    const expiresAt = tokens.expiryOf(new Date(renewedAt), device.createdAt);
    const row = await renewal.renew(device.id, serial, new Date(renewedAt), expiresAt);
    // The API still accepts a replaced token during its grace period. But after the new token has been used, only the
    // new token can be renewed.
    if (row?.renewedAt === undefined) throw refused();
    // If an attacker renews the token before the app does, the app's own renewal looks like a repeated renewal.
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
    liveness.used(device, request.address);
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
