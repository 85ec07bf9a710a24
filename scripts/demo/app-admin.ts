// scripts/demo: the app's own administration, for its administrators: forms that call Latchkey's functions.
import express, { type NextFunction, type Request, type Response } from 'express';
import { type Latchkey, principalOf } from '../../src/index.js';
import { adminPage } from './app-pages.js';
import { pageHeaders } from './html.js';
import type { AppSettings } from './settings.js';

/** Refuses writes that another site's page may have sent: cookies and headers come along with those, too. */
export function fromThisSite(request: Request, response: Response, next: NextFunction): void {
  const { 'sec-fetch-site': site, origin, host } = request.headers;
  const reading = request.method === 'GET' || request.method === 'HEAD';
  const same = site === undefined ? origin !== undefined && URL.parse(origin)?.host === host : site === 'same-origin';
  if (reading || same) next();
  else response.status(403).type('text').send('Not a request from this site.\n');
}

/** Forms post here; the caller has checked that an administrator asks. */
export function adminRouter(auth: Latchkey, settings: AppSettings): express.Router {
  const router = express.Router();
  router.use(express.urlencoded({ extended: false, limit: '4kb' }), fromThisSite);

  router.get('/', async (request, response, next) => {
    const principal = principalOf(request);
    if (principal === undefined) return next();
    const [users, { mappings }] = await Promise.all([auth.users.list(), auth.mappings.list()]);
    response.set(pageHeaders).send(adminPage(settings, principal, users, mappings));
  });

  router.post('/mapping', async (request, response) => {
    const { group = '', roles = '' } = (request.body ?? {}) as Record<string, string | undefined>;
    const list = roles.split(',').map((role) => role.trim());
    const named = list.filter((role) => role !== '');
    if (named.length > 0) await auth.mappings.set(group, named);
    else await auth.mappings.remove(group);
    response.redirect(303, '/admin');
  });

  router.post('/user', async (request, response) => {
    const { subject = '', action } = (request.body ?? {}) as Record<string, string | undefined>;
    if (action === 'disable') await auth.users.disable(subject);
    if (action === 'enable') await auth.users.enable(subject);
    response.redirect(303, '/admin');
  });
  return router;
}
