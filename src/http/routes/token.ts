// Routes for apps, which do not log in at the proxy: token, device_authorization and revoke.
import type { Request, Response, Router } from 'express';
import type { Telemetry } from '../../metrics/telemetry.js';
import type { AskingDevice } from '../../pairing/input.js';
import type { Redemption } from '../../pairing/issue.js';
import type { VerifiedToken } from '../../tokens/api-token.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type {
  AuthorizationPendingResponse,
  DeviceAuthorizationRequest,
  DeviceAuthorizationResponse,
  DeviceCodeTokenRequest,
  QuickConnectTokenRequest,
  RefreshTokenRequest,
  RevocationRequest,
  TokenRequest,
  TokenResponse,
} from '../../vocabulary/wire/token-json.js';
import { addressOf } from '../address.js';
import { membersOf } from '../body-members.js';
import { appEndpoint, type Handler } from '../endpoint.js';
import { renewer } from '../refresh-grant.js';
import type { DeviceServices, HttpServices, QuickConnectServices } from '../services.js';
import { measuredGrant } from '../token-requests.js';

/** The grant of the browser flow. */
export const quickConnectGrant: QuickConnectTokenRequest['grant_type'] =
  'urn:latchkey:params:oauth:grant-type:quick-connect';
/** The grant that apps use to poll for a token (RFC 8628 §3.4). */
export const deviceCodeGrant: DeviceCodeTokenRequest['grant_type'] = 'urn:ietf:params:oauth:grant-type:device_code';
/** The grant that exchanges the current token for a new one (RFC 6749 §6). */
export const renewalGrant: RefreshTokenRequest['grant_type'] = 'refresh_token';

/**
 * The maximum length of each member in which an app describes itself. The modules in src/pairing/ check the content of
 * these members.
 */
const labelRule = { max: labelRoom(textLimits.deviceName) };

/** Adds the routes POST `token`, POST `device_authorization` and POST `revoke`. */
export function tokenRoutes(router: Router, services: HttpServices, devices: DeviceServices): void {
  const { identifier, administration, telemetry } = services;
  const { tokens, quickConnect } = devices;
  const refuseIdentity = (req: Request) => identifier.refuseIdentity(req);

  const renew = renewer(services, devices);
  const grants: Readonly<Record<string, Handler>> = {
    ...(quickConnect === undefined ? {} : pairingGrants(quickConnect, telemetry)),

    [renewalGrant]: measuredGrant(telemetry, 'refresh-token', async (req, res) => {
      const body = membersOf<RefreshTokenRequest>(req);
      const token = body.requiredText('refresh_token', { max: 4096 });
      const clientId = body.requiredText('client_id', { max: 64 });
      sendToken(res, await renew({ token, clientId, address: addressOf(req) }), devices.tokens.issuer);
      return 'issued';
    }),
  };

  appEndpoint(router, '/token', refuseIdentity, async (req, res) => {
    const grantType = membersOf<TokenRequest>(req).requiredText('grant_type', { max: 128 });
    const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
    if (grant === undefined) throw new LatchkeyError('ERR_GRANT_TYPE');
    refuseScope(req);
    await grant(req, res);
  });

  if (quickConnect?.verificationUri !== undefined) {
    const { pairings, verificationUri, verificationUriComplete = false } = quickConnect;
    appEndpoint(router, '/device_authorization', refuseIdentity, async (req, res) => {
      refuseScope(req);
      const { deviceCode, userCode, expiresIn, interval } = await pairings.authorize(deviceOf(req));
      res.json({
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: verificationUri,
        ...(verificationUriComplete ? { verification_uri_complete: withCode(verificationUri, userCode) } : {}),
        expires_in: expiresIn,
        interval,
      } satisfies DeviceAuthorizationResponse);
    });
  }

  // Any client that has a token may revoke it (RFC 7009). An invalid token counts as already revoked (RFC 7009 §2.2).
  appEndpoint(router, '/revoke', refuseIdentity, async (req, res) => {
    const claims = valid(tokens, membersOf<RevocationRequest>(req).requiredText('token', { max: 4096 }));
    if (claims !== undefined) {
      try {
        const address = addressOf(req);
        const by = { subject: claims.subject, address };
        await administration.devices.revoke(claims.subject, claims.deviceId, { by });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    res.status(200).end();
  });
}

/** The grants of the browser flow and the device flow. */
function pairingGrants(
  { pairings }: QuickConnectServices,
  telemetry: Telemetry | undefined,
): Readonly<Record<string, Handler>> {
  return {
    [quickConnectGrant]: measuredGrant(telemetry, 'quick-connect', async (req, res) => {
      const answer = await pairings.redeem(proofOf(req), {
        ...deviceOf(req),
        deviceName: membersOf<QuickConnectTokenRequest>(req).requiredText('device_name', labelRule),
      });
      if ('accessToken' in answer) {
        sendToken(res, answer);
        return 'issued';
      }
      const { code, oauthCode, message, status } = new LatchkeyError('ERR_AUTHORIZATION_PENDING');
      res.status(status).json({
        error: oauthCode,
        error_description: message,
        device_code: answer.deviceCode,
        interval: answer.interval,
        expires_in: answer.expiresIn,
        match_number: answer.matchNumber,
      } satisfies AuthorizationPendingResponse);
      return code;
    }),

    // In the browser flow, apps also use this grant to poll after they have claimed a pairing. So the grant is
    // available even if the device flow is off.
    [deviceCodeGrant]: measuredGrant(telemetry, 'device-code', async (req, res) => {
      const body = membersOf<DeviceCodeTokenRequest>(req);
      const deviceCode = body.requiredText('device_code', { max: 128 });
      sendToken(res, await pairings.collect({ deviceCode, clientId: body.requiredText('client_id', { max: 64 }) }));
      return 'issued';
    }),
  };
}

/**
 * Refuses a request with a scope, because Latchkey has no scopes. A server must not silently grant a different scope
 * than the requested one (RFC 6749 §3.3).
 */
function refuseScope(req: Request): void {
  if (membersOf<TokenRequest>(req).has('scope')) throw new LatchkeyError('ERR_SCOPE');
}

/** Returns the app's description of itself. */
function deviceOf(req: Request): AskingDevice {
  const body = membersOf<QuickConnectTokenRequest | DeviceAuthorizationRequest>(req);
  const deviceName = body.optionalText('device_name', labelRule);
  const appVersion = body.optionalText('app_version', labelRule);
  const platform = body.optionalText('platform', labelRule);
  const redemptionId = body.optionalText('redemption_id', { max: 128 });
  return {
    clientId: body.requiredText('client_id', { max: 64 }),
    deviceName,
    appVersion,
    platform,
    redemptionId,
    // If the host trusts every proxy, a client can send any text as its address. If the text is not an address, use the
    // socket's address instead.
    address: addressOf(req) ?? req.socket.remoteAddress ?? '',
  };
}

/** Sends a token response (RFC 6749 §5.1). */
function sendToken(res: Response, { accessToken, expiresIn, deviceId, account }: Redemption, issuer?: string): void {
  res.json({
    access_token: accessToken,
    // A token is its own refresh token. Clients that only know standard OAuth look for the refresh token in this
    // member.
    refresh_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    device_id: deviceId,
    account: { subject: account.subject, display_name: account.displayName },
    issuer,
  } satisfies TokenResponse);
}

/**
 * Adds the user code to the query (RFC 8628 §3.3.1). In the fragment, the code would be lost if the user first had to
 * log in.
 */
function withCode(verificationUri: string, userCode: string): string {
  const url = new URL(verificationUri);
  url.searchParams.set('user_code', userCode);
  return url.href;
}

/** Returns the credentials for a pairing: either the typed code, or the id and the secret from the QR code. */
function proofOf(req: Request): { code: string } | { id: string; secret: string } {
  const body = membersOf<QuickConnectTokenRequest>(req);
  const code = body.optionalText('code', { max: 128 });
  const id = body.optionalText('id', { max: 128 });
  const secret = body.optionalText('secret', { max: 128 });
  if (code !== undefined && id === undefined && secret === undefined) return { code };
  if (code === undefined && id !== undefined && secret !== undefined) return { id, secret };
  throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'Expected either code, or both id and secret.' });
}

function valid({ verify }: DeviceServices['tokens'], token: string): VerifiedToken | undefined {
  try {
    return verify(token);
  } catch (error) {
    if (error instanceof LatchkeyError && error.oauthCode === 'invalid_token') return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.code === 'ERR_DEVICE_UNKNOWN' || error.code === 'ERR_USER_UNKNOWN');
}
