// http/: tells the host, once, that `req.ip` is the proxy's address where the client's is meant.
import type { RequestHandler } from 'express';
import type { Identifier } from '../identity/identify.js';

/**
 * Warns once (process warning `LATCHKEY_TRUST_PROXY`) where a request has X-Forwarded-For and `req.ip` is still a trusted
 * proxy: everybody then has one address, so throttles refuse all because of one, and lists of devices show the proxy.
 */
export function warnOfProxyAddress({ trustsAddress }: Pick<Identifier, 'trustsAddress'>): RequestHandler {
  let warned = false;
  return (req, _res, next) => {
    if (!warned && req.headers['x-forwarded-for'] !== undefined && trustsAddress(req.ip)) {
      warned = true;
      process.emitWarning(
        "Requests have X-Forwarded-For, and req.ip is your proxy: set Express' 'trust proxy' to the proxy's address, or " +
          'throttles count everybody as one client (docs/proxies.md).',
        { code: 'LATCHKEY_TRUST_PROXY' },
      );
    }
    next();
  };
}
