// WebSocket handshakes, which pass Express by: the same decision, without an answer to write to.
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../vocabulary/types.js';
import type { Authentication } from './authenticate.js';
import { assertSameOriginUpgrade } from './same-origin.js';
import type { HttpServices } from './services.js';

/**
 * Authenticates the request of Node's `upgrade` event. Resolves to `undefined` where nobody is logged in; rejects with
 * the coded refusal, `ERR_CROSS_ORIGIN` included: a page of another site can open a WebSocket with this site's cookies
 * and through its proxy. With `session: 'login-only'` the host runs its session middleware on the request first.
 */
export function upgrades(
  { origins = [] }: Pick<HttpServices, 'origins'>,
  { authenticateRequest }: Pick<Authentication, 'authenticateRequest'>,
): (req: IncomingMessage) => Promise<Principal | undefined> {
  return async (req) => {
    const { principal, unguarded } = await authenticateRequest(req, req.url ?? '/', 'upgrade');
    // A token is no ambient authority: whoever sends it has it.
    if (!unguarded) assertSameOriginUpgrade(req, origins);
    return principal;
  };
}
