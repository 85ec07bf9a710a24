// Tells the host, once, that `req.ip` is the proxy's address where the client's is meant.
import type { Request, RequestHandler } from 'express';
import type { Identifier } from '../identity/identify.js';

/** Whether Express took every address that was forwarded: then `req.ip` is the client's, even if that is on the proxy itself. */
function followsAll({ headers, ips }: Request): boolean {
  const forwarded = headers['x-forwarded-for'];
  return forwarded === undefined || String(forwarded).split(',').length <= ips.length;
}

/**
 * Warns once (process warning `LATCHKEY_TRUST_PROXY`) where a request has X-Forwarded-For and `req.ip` is still a trusted
 * proxy: everybody then has one address, so throttles refuse all because of one, and lists of devices show the proxy.
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
