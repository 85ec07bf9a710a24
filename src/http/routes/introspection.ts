// Token introspection (RFC 7662): describes a token to another server, which received this token from an app.
import type { Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { IntrospectionRequest, IntrospectionResponse } from '../../vocabulary/wire/token-json.js';
import { type Bearer, bearers, isVerdict } from '../bearer.js';
import { membersOf } from '../body-members.js';
import { clientCredentials } from '../client-credentials.js';
import { appEndpoint } from '../endpoint.js';
import type { DeviceServices, HttpServices } from '../services.js';

// The maximum length of the parameter `token` in characters. Latchkey's own tokens are shorter. So if the text is too
// long for a token but fits in a body, the response is `active: false`.
const maximumTokenLength = 8192;

/** Adds the route POST `introspect`, for registered servers. */
export function introspectionRoutes(router: Router, services: HttpServices, devices: DeviceServices): void {
  const { identifier } = services;
  const { tokens, liveness, introspection: clients } = devices;
  if (clients === undefined) return;
  const { acceptToken, confirmRenewal } = bearers(services, devices);

  async function admitted(token: string): Promise<Bearer | undefined> {
    try {
      // If an app sends its new token to another server, it must have received the new token. So this use also confirms
      // the renewal.
      return await confirmRenewal(await acceptToken(token));
    } catch (error) {
      // Other errors say nothing about the token. If a dependency fails, the other server must not log the app out.
      if (isVerdict(error)) return undefined;
      throw error;
    }
  }

  /** Returns the time when the token or its device expires, whichever is earlier, in seconds since the Unix epoch. */
  function endOf({ device, expiresAtMs }: Bearer): number {
    const deviceEnd = liveness.endsAt(device);
    return Math.floor(Math.min(expiresAtMs, deviceEnd.getTime()) / 1000);
  }

  appEndpoint(
    router,
    '/introspect',
    (req) => identifier.refuseIdentity(req),
    async (req, res) => {
      const client = clientCredentials(req);
      if (client === undefined || !clients.match(client.clientId, client.secret)) {
        throw new LatchkeyError('ERR_CLIENT_INVALID');
      }
      const bearer = await admitted(
        membersOf<IntrospectionRequest>(req).requiredText('token', { max: maximumTokenLength }),
      );
      if (bearer === undefined) {
        res.json({ active: false } satisfies IntrospectionResponse);
        return;
      }
      const { device, account } = bearer;
      // The app has just used the token at the other server. This request does not contain the app's address.
      liveness.used(device, () => undefined);
      res.json({
        active: true,
        sub: account.subject,
        username: account.displayName,
        client_id: device.clientId,
        device_id: device.id,
        iss: tokens.issuer,
        aud: tokens.audience,
        exp: endOf(bearer),
        token_type: 'Bearer',
        roles: [...account.roles].sort(),
      } satisfies IntrospectionResponse);
    },
  );
}
