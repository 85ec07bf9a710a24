// Builds routes from shared parts: response headers, the same-origin check, body parsers, and 405 for other methods.
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { formOrJsonBody, jsonBody } from './body.js';
import { onlyMembers } from './body-members.js';
import { endpointHandler, middleware } from './contain.js';
import { onlyParameters } from './query.js';
import { assertSameOrigin } from './same-origin.js';

/** Answers one request. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** The handlers of one path, by method. */
export interface Methods {
  readonly get?: Handler | undefined;
  readonly post?: Handler | undefined;
  readonly put?: Handler | undefined;
  readonly patch?: Handler | undefined;
  readonly delete?: Handler | undefined;
}

/**
 * The parameters that a method accepts. Other parameters are refused, because a filter with a misspelled name would
 * otherwise select everything.
 */
export interface Accepted {
  /** The names of parameters in the query. Default: none. */
  readonly query?: readonly string[] | undefined;
  /** The names of members in the body, as a table of the type `MemberNames`. Default: none. */
  readonly members?: Readonly<Record<string, true>> | undefined;
}

/** The rules for one path for browsers, in addition to the rules for all paths. */
export interface EndpointRules {
  /**
   * The parameters that each method accepts. Default: none. With `handlers`, the handlers check the parameters
   * themselves. But even then, a DELETE accepts no members in its body.
   */
  readonly accepts?: Partial<Record<keyof Methods, Accepted>> | 'handlers' | undefined;
  /** Throws if the request is not allowed on this path. Applies to all methods. Default: every request is allowed. */
  readonly guard?: ((req: Request) => void) | undefined;
  /** The parser for the body of a write. Default: `jsonBody`. */
  readonly body?: RequestHandler | undefined;
  /**
   * Runs after the body of a write has arrived, which may be minutes after the headers. Rejects if the write is no
   * longer allowed.
   */
  readonly recheck?: ((req: Request) => Promise<unknown>) | undefined;
}

/** Adds a path below `admin/`. Every method of the path requires an administrator. */
export type AdminEndpoint = (path: string, methods: Methods, body?: RequestHandler) => void;

/**
 * Adds a path for browsers. Except for GET, a request must come from this site or from one of `origins`, and its body
 * must be JSON.
 */
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

function refuseOthers({ query = [], members = {} }: Accepted, withQuery: boolean): RequestHandler {
  return (req, _res, next) => {
    if (withQuery) onlyParameters(req, query);
    if (req.method !== 'GET' && req.method !== 'HEAD') onlyMembers(req, members);
    next();
  };
}

/**
 * Adds a path for apps. The path accepts only POST requests with a form or JSON, and refuses identity headers. The path
 * ignores unknown parameters, as RFC 6749 §3.2 requires.
 */
export function appEndpoint(router: Router, path: string, refuseIdentity: (req: Request) => void, post: Handler): void {
  router
    .route(path)
    .all(privately, middleware(refuseIdentity))
    .post(formOrJsonBody, endpointHandler(post))
    .all(methodNotAllowed(['post']));
}

/**
 * Serves a document for apps, at any mount path. Every client gets the same document. Refuses requests with an identity
 * header.
 */
export function appDocument(refuseIdentity: (req: Request) => void, get: Handler): Router {
  const refuse = methodNotAllowed(['get']);
  const readOnly: RequestHandler = (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') next();
    else refuse(req, res, next);
  };
  return Router().use(privately, middleware(refuseIdentity), readOnly, endpointHandler(get));
}

/**
 * Sets the headers of a response that is private to one user and to this site. The headers forbid caching, framing,
 * referrers and use by other sites.
 */
const privately: RequestHandler = middleware((_req, res) => {
  // The package @fastify/express overrides these two properties, and its `send` drops the headers that are set here.
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
