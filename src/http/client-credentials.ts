// Reads the credentials with which a server authenticates as a client (RFC 6749 §2.3.1).
import type { Request } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { IntrospectionRequest } from '../vocabulary/wire/token-json.js';
import { membersOf } from './body-members.js';

/** The credentials of a client. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly secret: string;
}

/**
 * Returns the client credentials of a request. The credentials come from HTTP Basic, or else from `client_id` and
 * `client_secret` in the body. Returns `undefined` if the request has no readable credentials.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when the request has credentials in both places, which the RFC forbids.
 */
export function clientCredentials(req: Request): ClientCredentials | undefined {
  const body = membersOf<IntrospectionRequest>(req);
  const clientId = body.optionalText('client_id', { max: 64 });
  const secret = body.optionalText('client_secret', { max: 512 });
  const { authorization } = req.headers;
  if (authorization === undefined) {
    return clientId === undefined || secret === undefined ? undefined : { clientId, secret };
  }
  if (secret !== undefined) {
    throw new LatchkeyError('ERR_BODY_INVALID', {
      detail: 'Send client credentials in the header or in the body, not in both.',
    });
  }
  return basic(authorization);
}

/**
 * Decodes HTTP Basic credentials. Clients form-encode the name and the secret before they join them with a colon, so a
 * name can contain a colon.
 */
function basic(authorization: string): ClientCredentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const joined = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = joined.indexOf(':');
  if (colon < 0) return undefined;
  try {
    // Form decoding would convert a plus sign to a space, but here a plus sign stays as it is. Many clients do not
    // encode their credentials, and no name or secret contains a space.
    return {
      clientId: decodeURIComponent(joined.slice(0, colon)),
      secret: decodeURIComponent(joined.slice(colon + 1)),
    };
  } catch {
    return undefined;
  }
}
