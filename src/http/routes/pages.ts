// http/routes: the pages and their assets.
import type { Request, Router } from 'express';
import { LatchkeyError } from '../../errors.js';
import { endpoint } from '../endpoint.js';
import { browserPrincipal } from '../guards.js';
import { standingOf } from '../principal.js';
import { parametersOf } from '../query.js';
import type { HttpServices, PageName } from '../services.js';

/** GET `quick-connect` and `activate` where there is pairing, GET `admin` and `assets/:name`. */
export function pageRoutes(router: Router, services: HttpServices): void {
  const { pages, pairings, session, administratorRole, origins = [] } = services;
  if (pages === undefined) return;

  for (const name of pages.names.filter((page) => page === 'admin' || pairings !== undefined)) {
    endpoint(router, `/${name}`, origins, {
      get(req, res) {
        const { principal, assertion } = standingOf(req);
        // The proxy has let this person in already; what is missing is our own session, and a person need not see that.
        if (principal === undefined && session === 'login-only' && assertion !== undefined) {
          res.redirect(303, `${req.baseUrl}/login?return_to=${encodeURIComponent(placeOf(req, name))}`);
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
    });
  }

  endpoint(router, '/assets/:name', origins, {
    get(req, res) {
      const asset = pages.asset(String(req.params['name']));
      if (asset === undefined) throw new LatchkeyError('ERR_NOT_FOUND');
      // The same for everybody: kept, but asked about each time, so that an update shows at once.
      res.set('Cache-Control', 'no-cache').type(asset.type).send(asset.body);
    },
  });
}

/** Where the login leads back to: the page, and the user code that its address came with (RFC 8628 §3.3.1). */
function placeOf(req: Request, name: PageName): string {
  const code = parametersOf(req).get('user_code') ?? '';
  const carried = name === 'activate' && /^[A-Za-z-]{8,9}$/.test(code);
  return `${req.baseUrl}/${name}${carried ? `?user_code=${code}` : ''}`;
}
