// Requires proof that a write comes from our own pages, because header login and cookies are ambient authority.
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { middleware } from './contain.js';
import { authResultOf } from './request-principal.js';

// RFC 9110 §9.2.1.
const safeMethods: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * Returns middleware for the host's own writes. Refuses a request with any but a safe method if it does not come from
 * this site or from one of `origins`. Does not apply where no ambient authority counts: on unguarded paths, and to
 * requests with a bearer token, because only a client that has the token can send it.
 */
export function sameOriginGuard(origins: readonly string[]): RequestHandler {
  return middleware((req) => {
    if (safeMethods.includes(req.method)) return;
    const { unguarded, byToken } = authResultOf(req);
    if (unguarded || byToken) return;
    assertSameOrigin(req, origins);
  });
}

/**
 * Checks that the request comes from this site or from one of `origins`, as the browser confirms. The proof is
 * `Sec-Fetch-Site` (W3C Fetch Metadata), else `Origin` (RFC 6454 §7) with `Host`.
 *
 * @throws {LatchkeyError} `ERR_CROSS_ORIGIN` when it is another origin, or when there is no proof.
 */
export function assertSameOrigin(req: IncomingMessage, origins: readonly string[]): void {
  if (!isSameOrigin(req, origins)) throw new LatchkeyError('ERR_CROSS_ORIGIN');
}

/**
 * Like `assertSameOrigin`, for a WebSocket handshake. Browsers always send `Origin` there (RFC 6455 §4.1), so a
 * handshake without one comes from a program with credentials of its own, not from a user's browser.
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
  // We cannot know where TLS terminates. But when the request is known to use TLS, a page without TLS proves nothing
  // about it.
  if (protocol === 'http:' && isSecure(req)) return false;
  const target = `${protocol}//${host}`;
  return URL.canParse(target) && new URL(target).host === originHost;
}

function isSecure(req: IncomingMessage): boolean {
  return ('secure' in req && req.secure === true) || ('encrypted' in req.socket && req.socket.encrypted === true);
}
