// Routes for the pages and their assets.
import type { Request, Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { PageName } from '../../vocabulary/words.js';
import { preferredLanguage } from '../accept.js';
import { endpoint, type Methods } from '../endpoint.js';
import { browserPrincipal } from '../guards.js';
import { parametersOf } from '../query.js';
import { authResultOf } from '../request-principal.js';
import type { HttpServices } from '../services.js';

/**
 * Adds the routes GET `admin`, `assets/:name` and `assets/:folder/:name`. If the pages `quick-connect` and `activate`
 * are enabled, also adds a GET route for each of them.
 */
export function pageRoutes(router: Router, services: HttpServices, cookieLost: () => void): void {
  const { pages, devices, session, administratorRole, origins = [] } = services;
  if (pages === undefined) return;

  for (const name of pages.names.filter((page) => page === 'admin' || devices?.quickConnect !== undefined)) {
    const page: Methods = {
      get(req, res) {
        const { principal, assertion } = authResultOf(req);
        const fromLogin = req.query['from'] === 'login';
        // If `missing` is true, the user is logged in at the proxy, and only Latchkey's session is missing. So redirect
        // to the route `login`, which starts a session without asking the user.
        const missing = principal === undefined && session === 'login-only' && assertion !== undefined;
        if (missing && !fromLogin) {
          res.redirect(303, `login?return_to=${encodeURIComponent(placeOf(req, name, 'from=login'))}`);
          return;
        }
        // If the session is still missing right after the login, the browser did not send the cookie. Another redirect
        // would not help, so the page explains the problem. In all other cases, `from=login` has no meaning and is
        // removed.
        if (fromLogin && !missing) {
          res.redirect(303, placeOf(req, name));
          return;
        }
        // The page contains no personal data, so it is also sent to people without access. It tells them that they are
        // not logged in, or that they are not administrators. Otherwise they would see a JSON error.
        if (missing) cookieLost();
        if (principal === undefined) res.status(401).set('WWW-Authenticate', 'Bearer');
        else if (!browserPrincipal(req).roles.has(administratorRole) && name === 'admin') res.status(403);
        const { language, html, csp } = pages.page(name, preferredLanguage(req, pages.languages));
        res.vary('Accept-Language');
        res.set({ 'Content-Language': language, 'Content-Security-Policy': csp }).type('html').send(html);
      },
    };
    // Unknown parameters are ignored, because logins before the page may add their own parameters to its address.
    endpoint(router, `/${name}`, origins, page, { accepts: 'handlers' });
  }

  const assets: Methods = {
    get(req, res) {
      const { folder, name } = req.params;
      const asset = pages.asset(folder === undefined ? String(name) : `${folder}/${name}`);
      if (asset === undefined) throw new LatchkeyError('ERR_NOT_FOUND');
      // Assets are the same for all users, so browsers may cache them. But browsers must revalidate an asset on every
      // use, so that updates take effect at once.
      res.set('Cache-Control', 'no-cache').type(asset.type).send(asset.body);
    },
  };
  endpoint(router, '/assets/:name', origins, assets);
  endpoint(router, '/assets/:folder/:name', origins, assets);
}

/**
 * Returns the URL of the page as a relative URL, which also works behind a proxy that strips a path prefix. Keeps the
 * user code of the request (RFC 8628 §3.3.1).
 */
function placeOf(req: Request, name: PageName, mark?: string): string {
  const code = parametersOf(req).get('user_code') ?? '';
  const carried = name === 'activate' && /^[A-Za-z-]{8,9}$/.test(code);
  const query = [...(carried ? [`user_code=${code}`] : []), ...(mark === undefined ? [] : [mark])].join('&');
  return `./${name}${query === '' ? '' : `?${query}`}`;
}
