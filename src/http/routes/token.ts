// http/routes: what apps call, past the proxy: token and revoke.
import type { Request, Router } from 'express';
import { LatchkeyError } from '../../errors.js';
import type { ApiTokens } from '../../tokens/api-token.js';
import { optionalText, text } from '../body.js';
import { appEndpoint } from '../endpoint.js';
import type { HttpServices } from '../services.js';

const quickConnect = 'urn:latchkey:params:oauth:grant-type:quick-connect';

/** POST `token`, POST `revoke`. */
export function tokenRoutes(router: Router, services: HttpServices, tokens: Pick<ApiTokens, 'verify'>): void {
  const { identifier, pairings, administration } = services;
  const refuseIdentity = (req: Request) => identifier.refuseIdentity(req);

  if (pairings !== undefined) {
    appEndpoint(router, '/token', refuseIdentity, async (req, res) => {
      if (text(req, 'grant_type', { max: 128 }) !== quickConnect) throw new LatchkeyError('ERR_GRANT_TYPE');
      const redemptionId = optionalText(req, 'redemption_id', { max: 128 });
      const { accessToken, expiresIn, deviceId, account } = await pairings.redeem(proofOf(req), {
        clientId: text(req, 'client_id', { max: 64 }),
        deviceName: text(req, 'device_name', { max: 64 }),
        ...(redemptionId === undefined ? {} : { redemptionId }),
        address: req.ip ?? req.socket.remoteAddress ?? '',
      });
      res.json({
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: expiresIn,
        device_id: deviceId,
        account: { subject: account.subject, display_name: account.displayName },
      });
    });
  }

  // RFC 7009: an app ends its own token, by having it. What is no valid token is revoked already (§2.2).
  appEndpoint(router, '/revoke', refuseIdentity, async (req, res) => {
    const claims = valid(tokens, text(req, 'token', { max: 4096 }));
    if (claims !== undefined) {
      try {
        await administration.devices.revoke(claims.subject, claims.deviceId);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    res.status(200).end();
  });
}

/** The typed code, or what the QR carried: one of them. */
function proofOf(req: Request): { code: string } | { id: string; secret: string } {
  const code = optionalText(req, 'code', { max: 128 });
  const id = optionalText(req, 'id', { max: 128 });
  const secret = optionalText(req, 'secret', { max: 128 });
  if (code !== undefined && id === undefined && secret === undefined) return { code };
  if (code === undefined && id !== undefined && secret !== undefined) return { id, secret };
  throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'Expected either code, or id and secret.' });
}

function valid(tokens: Pick<ApiTokens, 'verify'>, token: string): { deviceId: string; subject: string } | undefined {
  try {
    return tokens.verify(token);
  } catch (error) {
    if (error instanceof LatchkeyError && error.oauthCode === 'invalid_token') return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.code === 'ERR_DEVICE_UNKNOWN' || error.code === 'ERR_USER_UNKNOWN');
}
