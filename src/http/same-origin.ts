// Requires proof that a write comes from this site, to prevent cross-site request forgery.
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { guard, type Refused } from './guards.js';
import { authResultOf } from './request-principal.js';

// The safe methods (RFC 9110 §9.2.1).
const safeMethods: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * Returns middleware for the host's own writes. Refuses a write if the request does not come from this site or from one
 * of `origins`. Accepts all requests on unguarded paths and all requests with a bearer token, because another site does
 * not know the token.
 */
export function sameOriginGuard(origins: readonly string[], refused: Refused): RequestHandler {
  return guard((req) => {
    if (safeMethods.includes(req.method)) return;
    const { unguarded, byToken } = authResultOf(req);
    if (unguarded || byToken) return;
    assertSameOrigin(req, origins);
  }, refused);
}

/**
 * Checks that the request comes from this site or from one of `origins`. The proof is the header `Sec-Fetch-Site` (W3C
 * Fetch Metadata), or else `Origin` (RFC 6454 §7) together with `Host`.
 *
 * @throws {LatchkeyError} `ERR_CROSS_ORIGIN` when the request comes from another origin, or when there is no proof.
 */
export function assertSameOrigin(req: IncomingMessage, origins: readonly string[]): void {
  if (!isSameOrigin(req, origins)) throw new LatchkeyError('ERR_CROSS_ORIGIN');
}

/**
 * Works like `assertSameOrigin`, but for a WebSocket handshake. Browsers always send `Origin` in a handshake (RFC 6455
 * §4.1). So a handshake without `Origin` comes from a program with its own credentials, not from a user's browser.
 */
export function assertSameOriginUpgrade(req: IncomingMessage, origins: readonly string[]): void {
  if (req.headers.origin === undefined && req.headers['sec-fetch-site'] === undefined) return;
  assertSameOrigin(req, origins);
}

function isSameOrigin(req: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = req.headers;
  if (origin !== undefined && origins.includes(origin)) return true;
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  // Latchkey cannot know whether a proxy in front of it uses TLS. But if the request is known to use TLS, a page that
  // was loaded without TLS has a different origin.
  if (protocol === 'http:' && isSecure(req)) return false;
  const target = `${protocol}//${host}`;
  return URL.canParse(target) && new URL(target).host === originHost;
}

function isSecure(req: IncomingMessage): boolean {
  return ('secure' in req && req.secure === true) || ('encrypted' in req.socket && req.socket.encrypted === true);
}
