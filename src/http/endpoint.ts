// http/: how a route is made. What every route owes (headers, same origin, JSON, 405) is written here once.
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LatchkeyError } from '../errors.js';
import { formOrJsonBody, jsonBody } from './body.js';
import { assertSameOrigin } from './same-origin.js';

/** Answers one request. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** The methods of one path. */
export interface Methods {
  readonly get?: Handler;
  readonly post?: Handler;
  readonly patch?: Handler;
  readonly delete?: Handler;
}

/** Adds a path for browsers. Whatever is no GET must come as JSON from our own origin. */
export function endpoint(router: Router, path: string, origins: readonly string[], methods: Methods): void {
  const sameOrigin: RequestHandler = (req, _res, next) => {
    assertSameOrigin(req, origins);
    next();
  };
  const route = router.route(path);
  route.all(privately);
  if (methods.get !== undefined) route.get(methods.get);
  if (methods.post !== undefined) route.post(sameOrigin, jsonBody, methods.post);
  if (methods.patch !== undefined) route.patch(sameOrigin, jsonBody, methods.patch);
  if (methods.delete !== undefined) route.delete(sameOrigin, jsonBody, methods.delete);
  route.all(methodNotAllowed(Object.keys(methods)));
}

/** Adds a path for apps: POST only (RFC 6749 §3.2), by form or JSON, and never with an identity header. */
export function appEndpoint(router: Router, path: string, refuseIdentity: (req: Request) => void, post: Handler): void {
  router
    .route(path)
    .all(privately, without(refuseIdentity))
    .post(formOrJsonBody, post)
    .all(methodNotAllowed(['post']));
}

/** Answers with a document for apps, the same for everybody, wherever it is mounted. Never with an identity header either. */
export function appDocument(refuseIdentity: (req: Request) => void, get: Handler): Router {
  const refuse = methodNotAllowed(['get']);
  const readOnly: RequestHandler = (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') next();
    else refuse(req, res, next);
  };
  return Router().use(privately, without(refuseIdentity), readOnly, get);
}

function without(refuseIdentity: (req: Request) => void): RequestHandler {
  return (req, _res, next) => {
    refuseIdentity(req);
    next();
  };
}

/** Answers are one person's own, for the page that asked: not for caches, other sites, frames or referrers. */
const privately: RequestHandler = (_req, res, next) => {
  res.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  next();
};

function methodNotAllowed(methods: readonly string[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return (_req, res) => {
    res.set('Allow', allowed.join(', '));
    throw new LatchkeyError('ERR_METHOD');
  };
}
