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
 * @throws {LatchkeyError} As a rejection: the code of the refusal, or `ERR_CROSS_ORIGIN`, because a page of another
 * site can open a WebSocket with this site's cookies and through its proxy.
 */
export function upgrades(
  { origins = [] }: Pick<HttpServices, 'origins'>,
  { authenticateRequest }: Pick<Authentication, 'authenticateRequest'>,
): (req: IncomingMessage) => Promise<Principal | undefined> {
  return async (req) => {
    const { principal, unguarded, byToken } = await authenticateRequest(req, req.url ?? '/', 'upgrade');
    // A token is not ambient authority: only a client that has it can send it.
    if (!unguarded && !byToken) assertSameOriginUpgrade(req, origins);
    return principal;
  };
}
