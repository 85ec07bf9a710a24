// Token introspection (RFC 7662): describes a token to another server, to which an app presented it.
import type { Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { IntrospectionRequest, IntrospectionResponse } from '../../vocabulary/wire/token-json.js';
import { type Bearer, bearers, isVerdict } from '../bearer.js';
import { membersOf } from '../body-members.js';
import { clientCredentials } from '../client-credentials.js';
import { appEndpoint } from '../endpoint.js';
import type { DeviceServices, HttpServices } from '../services.js';

// Longer than any token of ours. A text that is too long for a token but fits in a body is answered as an inactive
// token, too.
const maximumTokenLength = 8192;

/** POST `introspect`, for registered servers. */
export function introspectionRoutes(router: Router, services: HttpServices, devices: DeviceServices): void {
  const { identifier } = services;
  const { tokens, liveness, introspection: clients } = devices;
  if (clients === undefined) return;
  const { acceptToken, confirmRenewal } = bearers(services, devices);

  async function admitted(token: string): Promise<Bearer | undefined> {
    try {
      // An app that presents its new token to another server has received it. So this use, too, replaces the previous
      // token.
      return await confirmRenewal(await acceptToken(token));
    } catch (error) {
      // Any other error says nothing about the token: the failure of a dependency must not log an app out elsewhere.
      if (isVerdict(error)) return undefined;
      throw error;
    }
  }

  /** The end of the token or of its device, whichever comes first. */
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
      // The app has just used the token at the server that asks. The app's address is not known from this request.
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
