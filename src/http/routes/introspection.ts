// Token introspection (RFC 7662): describes a token to another server that has received the token from an app.
import type { Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { IntrospectionRequest, IntrospectionResponse } from '../../vocabulary/wire/token-json.js';
import { type Bearer, bearers, isVerdict } from '../bearer.js';
import { membersOf } from '../body-members.js';
import { clientCredentials } from '../client-credentials.js';
import { appEndpoint } from '../endpoint.js';
import type { DeviceServices, HttpServices } from '../services.js';

// The maximum length in characters, which is more than the length of any token of Latchkey. So a text that is too long
// for a token, but fits in a body, is answered as an inactive token.
const maximumTokenLength = 8192;

/** Adds the route POST `introspect`, for registered servers. */
export function introspectionRoutes(router: Router, services: HttpServices, devices: DeviceServices): void {
  const { identifier } = services;
  const { tokens, liveness, introspection: clients } = devices;
  if (clients === undefined) return;
  const { acceptToken, confirmRenewal } = bearers(services, devices);

  async function admitted(token: string): Promise<Bearer | undefined> {
    try {
      // An app that sends its new token to another server has received the new token. So this use also replaces the
      // previous token.
      return await confirmRenewal(await acceptToken(token));
    } catch (error) {
      // Any other error says nothing about the token. The failure of a dependency must not log the app out at the other
      // server.
      if (isVerdict(error)) return undefined;
      throw error;
    }
  }

  /** Returns the expiry of the token or of its device, whichever comes first, in seconds since the Unix epoch. */
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
      // The app has just used the token at the server that asks. This request does not contain the app's address.
      liveness.used(device, undefined);
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
