// The pages and their assets.
import type { Request, Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { endpoint, type Methods } from '../endpoint.js';
import { browserPrincipal } from '../guards.js';
import { parametersOf } from '../query.js';
import { authResultOf } from '../request-principal.js';
import type { HttpServices, PageName } from '../services.js';

/** GET `quick-connect` and `activate` where there is pairing, GET `admin`, `assets/:name` and `assets/:folder/:name`. */
export function pageRoutes(router: Router, services: HttpServices): void {
  const { pages, pairings, session, administratorRole, origins = [] } = services;
  if (pages === undefined) return;

  for (const name of pages.names.filter((page) => page === 'admin' || pairings !== undefined)) {
    const page: Methods = {
      get(req, res) {
        const { principal, assertion } = authResultOf(req);
        const fromLogin = req.query['from'] === 'login';
        // The proxy has let this person in already; what is missing is our own session, and a person need not see that.
        const missing = principal === undefined && session === 'login-only' && assertion !== undefined;
        if (missing && !fromLogin) {
          res.redirect(303, `login?return_to=${encodeURIComponent(placeOf(req, name, 'from=login'))}`);
          return;
        }
        // Straight from the login and still nobody: the cookie did not come back, and the next turn would not bring it
        // either. The document says why. Everywhere else the mark says nothing, and goes.
        if (fromLogin && !missing) {
          res.redirect(303, placeOf(req, name));
          return;
        }
        // The document holds nothing personal and says itself that nobody is logged in, or not an administrator: people
        // need not read JSON.
        if (principal === undefined) res.status(401).set('WWW-Authenticate', 'Bearer');
        else if (!browserPrincipal(req).roles.has(administratorRole) && name === 'admin') res.status(403);
        const accepted = req.acceptsLanguages([...pages.languages]) || pages.languages[0];
        const { language, html, csp } = pages.page(name, accepted);
        res.vary('Accept-Language');
        res.set({ 'Content-Language': language, 'Content-Security-Policy': csp }).type('html').send(html);
      },
    };
    // People follow links to pages, and logins on the way add parameters of their own: what is unknown does nothing.
    endpoint(router, `/${name}`, origins, page, { accepts: 'handlers' });
  }

  const assets: Methods = {
    get(req, res) {
      const { folder, name } = req.params;
      const asset = pages.asset(folder === undefined ? String(name) : `${folder}/${name}`);
      if (asset === undefined) throw new LatchkeyError('ERR_NOT_FOUND');
      // The same for everybody: kept, but asked about each time, so that an update shows at once.
      res.set('Cache-Control', 'no-cache').type(asset.type).send(asset.body);
    },
  };
  endpoint(router, '/assets/:name', origins, assets);
  endpoint(router, '/assets/:folder/:name', origins, assets);
}

/**
 * The page relative to itself, so that it also works where a proxy strips the beginning of the path. It keeps the user code that
 * its address came with (RFC 8628 §3.3.1).
 */
function placeOf(req: Request, name: PageName, mark?: string): string {
  const code = parametersOf(req).get('user_code') ?? '';
  const carried = name === 'activate' && /^[A-Za-z-]{8,9}$/.test(code);
  const query = [...(carried ? [`user_code=${code}`] : []), ...(mark === undefined ? [] : [mark])].join('&');
  return `./${name}${query === '' ? '' : `?${query}`}`;
}
