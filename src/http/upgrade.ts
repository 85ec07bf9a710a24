// Authenticates WebSocket handshakes, which bypass Express and have no response object.
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../vocabulary/types.js';
import type { Authentication } from './authenticate.js';
import { assertSameOriginUpgrade } from './same-origin.js';
import type { HttpServices } from './services.js';

/**
 * Authenticates the request of Node's `upgrade` event. Resolves to `undefined` when no user is logged in. With
 * `session: 'login-only'`, the host must run its session middleware on the request first.
 *
 * @throws {LatchkeyError} As a rejection: an error with the code of the refusal, or `ERR_CROSS_ORIGIN` for a handshake
 * from another site. Without this check, a page of another site could open a WebSocket to this site with the user's
 * cookies and proxy login.
 */
export function upgrades(
  { origins = [], telemetry }: Pick<HttpServices, 'origins' | 'telemetry'>,
  { authenticateRequest }: Pick<Authentication, 'authenticateRequest'>,
): (req: IncomingMessage) => Promise<Principal | undefined> {
  return async (req) => {
    const { principal, unguarded, byToken } = await authenticateRequest(req, req.url ?? '/', 'upgrade');
    // Requests with a token need no check, because another site does not know the token.
    if (unguarded || byToken) return principal;
    try {
      assertSameOriginUpgrade(req, origins);
    } catch (error) {
      telemetry?.refused(error);
      throw error;
    }
    return principal;
  };
}
