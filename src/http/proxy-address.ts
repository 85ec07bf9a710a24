// Warns the host once if `req.ip` is the proxy's address instead of the client's address.
import type { Request, RequestHandler } from 'express';
import type { Identifier } from '../identity/identify.js';

/**
 * Returns whether Express took all addresses in X-Forwarded-For into account. If it did, `req.ip` is the client's
 * address, even if the client runs on the proxy's own machine.
 */
function followsAll({ headers, ips }: Request): boolean {
  const forwarded = headers['x-forwarded-for'];
  return forwarded === undefined || String(forwarded).split(',').length <= ips.length;
}

/**
 * Warns once (process warning `LATCHKEY_TRUST_PROXY`) if a request has X-Forwarded-For, but `req.ip` is still the
 * address of a trusted proxy. In that case, all clients share one address: one client can use up the rate limit of all
 * clients, and lists of devices show the proxy's address.
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
