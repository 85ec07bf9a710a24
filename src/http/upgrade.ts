// Authenticates WebSocket handshakes, which bypass Express and have no response to write to.
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../vocabulary/types.js';
import type { Authentication } from './authenticate.js';
import { assertSameOriginUpgrade } from './same-origin.js';
import type { HttpServices } from './services.js';

/**
 * Authenticates the request of Node's `upgrade` event. Resolves to `undefined` when no user is logged in. With
 * `session: 'login-only'` the host must run its session middleware on the request first.
 *
 * @throws {LatchkeyError} As a rejection: an error with the code of the refusal, or `ERR_CROSS_ORIGIN` for a handshake
 * from another site. A page of another site can open a WebSocket to this site, with the cookies and the proxy login of
 * the user.
 */
export function upgrades(
  { origins = [] }: Pick<HttpServices, 'origins'>,
  { authenticateRequest }: Pick<Authentication, 'authenticateRequest'>,
): (req: IncomingMessage) => Promise<Principal | undefined> {
  return async (req) => {
    const { principal, unguarded, byToken } = await authenticateRequest(req, req.url ?? '/', 'upgrade');
    // Requests by token need no check, because another site cannot send a token that it does not have.
    if (!unguarded && !byToken) assertSameOriginUpgrade(req, origins);
    return principal;
  };
}
