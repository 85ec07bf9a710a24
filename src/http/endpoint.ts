// How a route is made. What every route owes (headers, same origin, JSON, 405) is written here once.
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { formOrJsonBody, jsonBody, onlyMembers } from './body.js';
import { endpointHandler, middleware } from './contain.js';
import { onlyParameters } from './query.js';
import { assertSameOrigin } from './same-origin.js';

/** Answers one request. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** The methods of one path. */
export interface Methods {
  readonly get?: Handler;
  readonly post?: Handler;
  readonly put?: Handler;
  readonly patch?: Handler;
  readonly delete?: Handler;
}

/** The parameters that a method takes. What is unknown is refused: a filter that is misspelt must not mean everything. */
export interface Accepted {
  /** Names in the query. Default: none. */
  readonly query?: readonly string[];
  /** Members of the body. Default: none. */
  readonly members?: readonly string[];
}

/** What a path for browsers demands besides what they all do. */
export interface EndpointRules {
  /** Default: no method takes anything. `handlers`: the handlers check for themselves, but that a DELETE has no members. */
  readonly accepts?: Partial<Record<keyof Methods, Accepted>> | 'handlers';
  /** Throws for a request that may not come here, by whatever method. Default: everybody may. */
  readonly guard?: (req: Request) => void;
  /** Reads the body of a write. Default: `jsonBody`. */
  readonly body?: RequestHandler;
  /** Rejects a write that may not be carried out any more, once its body is there: that can be minutes after its head. */
  readonly recheck?: (req: Request) => Promise<unknown>;
}

/** Adds a path below `admin/`. Whatever is added by it is for administrators, by every method. */
export type AdminEndpoint = (path: string, methods: Methods, body?: RequestHandler) => void;

/** Adds a path for browsers. Whatever is no GET must come as JSON from our own origin. */
export function endpoint(
  router: Router,
  path: string,
  origins: readonly string[],
  methods: Methods,
  { guard, body = jsonBody, recheck, accepts = {} }: EndpointRules = {},
): void {
  const only = (method: keyof Methods): RequestHandler => {
    if (accepts === 'handlers') return method === 'delete' ? refuseOthers({}, false) : pass;
    return refuseOthers(accepts[method] ?? {}, true);
  };
  const write: RequestHandler[] = [middleware((req) => assertSameOrigin(req, origins)), body];
  if (recheck !== undefined) write.push(middleware(recheck));
  const route = router.route(path);
  route.all(privately);
  if (guard !== undefined) route.all(middleware(guard));
  if (methods.get !== undefined) route.get(only('get'), endpointHandler(methods.get));
  if (methods.post !== undefined) route.post(...write, only('post'), endpointHandler(methods.post));
  if (methods.put !== undefined) route.put(...write, only('put'), endpointHandler(methods.put));
  if (methods.patch !== undefined) route.patch(...write, only('patch'), endpointHandler(methods.patch));
  if (methods.delete !== undefined) route.delete(...write, only('delete'), endpointHandler(methods.delete));
  route.all(methodNotAllowed(Object.keys(methods)));
}

const pass: RequestHandler = (_req, _res, next) => next();

function refuseOthers({ query = [], members = [] }: Accepted, withQuery: boolean): RequestHandler {
  return (req, _res, next) => {
    if (withQuery) onlyParameters(req, query);
    if (req.method !== 'GET' && req.method !== 'HEAD') onlyMembers(req, members);
    next();
  };
}

/**
 * Adds a path for apps: POST only, by form or JSON, and never with an identity header. Unknown parameters are ignored, as
 * RFC 6749 §3.2 demands.
 */
export function appEndpoint(router: Router, path: string, refuseIdentity: (req: Request) => void, post: Handler): void {
  router
    .route(path)
    .all(privately, middleware(refuseIdentity))
    .post(formOrJsonBody, endpointHandler(post))
    .all(methodNotAllowed(['post']));
}

/** Answers with a document for apps, the same for everybody, wherever it is mounted. Never with an identity header either. */
export function appDocument(refuseIdentity: (req: Request) => void, get: Handler): Router {
  const refuse = methodNotAllowed(['get']);
  const readOnly: RequestHandler = (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') next();
    else refuse(req, res, next);
  };
  return Router().use(privately, middleware(refuseIdentity), readOnly, endpointHandler(get));
}

/** Answers are one person's own, for the page that asked: not for caches, other sites, frames or referrers. */
const privately: RequestHandler = middleware((_req, res) => {
  // @fastify/express puts its own over these two: its `send` drops the headers that were set here.
  for (const name of ['send', 'headersSent']) if (Object.hasOwn(res, name)) Reflect.deleteProperty(res, name);
  res.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
});

function methodNotAllowed(methods: readonly string[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return endpointHandler((_req, res) => {
    res.set('Allow', allowed.join(', '));
    throw new LatchkeyError('ERR_METHOD');
  });
}
