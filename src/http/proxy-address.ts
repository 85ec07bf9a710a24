// Warns the host once when `req.ip` is the proxy's address instead of the client's.
import type { Request, RequestHandler } from 'express';
import type { Identifier } from '../identity/identify.js';

/**
 * Returns whether Express used every address in X-Forwarded-For. In that case, `req.ip` is the client's address, even
 * if the client runs on the proxy's own machine.
 */
function followsAll({ headers, ips }: Request): boolean {
  const forwarded = headers['x-forwarded-for'];
  return forwarded === undefined || String(forwarded).split(',').length <= ips.length;
}

/**
 * Warns once (process warning `LATCHKEY_TRUST_PROXY`) when a request has X-Forwarded-For but `req.ip` is still a
 * trusted proxy. All clients then share one address: one client can use up the rate limits of all clients, and lists of
 * devices show the proxy's address.
 */
export function warnOfProxyAddress({ trustsAddress }: Pick<Identifier, 'trustsAddress'>): RequestHandler {
  let warned = false;
  return (req, _res, next) => {
    if (!warned && !followsAll(req) && trustsAddress(req.ip)) {
      warned = true;
      process.emitWarning(
        "Requests have X-Forwarded-For, and req.ip is your proxy: set Express' 'trust proxy' to the proxy's address, or " +
          'throttles count all clients as one (docs/proxies.md).',
        { code: 'LATCHKEY_TRUST_PROXY' },
      );
    }
    next();
  };
}
