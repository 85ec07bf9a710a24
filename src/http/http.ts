// The room's door. Services in; middleware, guards and routers out.
import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { ErrorCode } from '../vocabulary/errors.js';
import type { OnEvent, Principal } from '../vocabulary/types.js';
import { authentication } from './authenticate.js';
import { middleware } from './contain.js';
import { requireLogin, requireRole } from './guards.js';
import { oauthProblems, problems, undecodable } from './problem.js';
import { warnOfProxyAddress } from './proxy-address.js';
import { installPrincipal, isGuarded, loginOf, principalOf } from './request-principal.js';
import { adminRoutes } from './routes/admin.js';
import { deviceRoutes } from './routes/devices.js';
import { introspectionRoutes } from './routes/introspection.js';
import { loginRoutes } from './routes/login.js';
import { authorizationServerMetadata, metadataPath } from './routes/metadata.js';
import { pageRoutes } from './routes/page-routes.js';
import { pairingRoutes } from './routes/pairings.js';
import { tokenRoutes } from './routes/token.js';
import type { HttpServices } from './services.js';
import { sessions } from './session.js';
import { signing } from './sign-in.js';
import { upgrades } from './upgrade.js';

export type { HttpServices } from './services.js';

/** What a host mounts and calls. */
export interface Http {
  /** Sets `req.principal`, or leaves it undefined; refusals go to the host's error handlers, coded. */
  readonly authenticate: RequestHandler;
  /** For browsers that came through the proxy. */
  readonly router: Router;
  /** For apps, on an unguarded path; `undefined` without tokens. */
  readonly tokenRouter: Router | undefined;
  /**
   * The metadata of the token router (RFC 8414), for the address at which clients look for it: the host's
   * `/.well-known/oauth-authorization-server`, then the issuer's path (§3.1). `undefined` without tokens.
   */
  readonly authorizationServerMetadata: RequestHandler | undefined;
  /**
   * Lets a request pass that is logged in by any method; the others get 401 `ERR_LOGIN_REQUIRED`. Call it to get the
   * middleware: `app.get(path, auth.requireLogin(), …)`.
   */
  readonly requireLogin: (...none: readonly never[]) => RequestHandler;
  /**
   * Lets a request pass whose principal has any of these roles; otherwise 401 `ERR_LOGIN_REQUIRED` or 403
   * `ERR_ROLE_REQUIRED`. Throws `ERR_CONFIG` when called without a role.
   */
  readonly requireRole: (...roles: readonly string[]) => RequestHandler;
  /** Answers `LatchkeyError` as problem details; passes on what is not ours. */
  readonly problems: ErrorRequestHandler;
  /** Logs a local account in: a new session, saved when the promise resolves. */
  signIn(req: IncomingMessage, userId: string): Promise<Principal>;
  /** Ends this request's session. */
  signOut(req: IncomingMessage): Promise<void>;
  /** The principal of a WebSocket handshake (RFC 6455 §4.1); rejects with the coded refusal. */
  authenticateUpgrade(req: IncomingMessage): Promise<Principal | undefined>;
  /** Who a request acts as; `undefined` where nobody is logged in or `authenticate` has not run. The same as `req.principal`. */
  readonly principalOf: (req: IncomingMessage) => Principal | undefined;
  /**
   * For connections that stay open: calls `refused` with the code of the refusal, once, as soon as this principal would
   * not be let in any more: the user was disabled, removed, replaced, set pending, converted where the method speaks for
   * the other kind of account, left without a role (`mapped-groups-only`), logged out of this very login (a principal by
   * session), or the device was revoked or has expired.
   * Whichever instance it happened on. It costs nothing while nothing changes, and where nobody could say, nobody is
   * refused. What an idle or resting token does is decided at the next request, and so is a session that only expires.
   *
   * `changed` is told the roles as they are now, each time that they differ from those of before: `principal` itself
   * never changes.
   *
   * Returns what ends the watch; call it when the connection closes. What `refused` throws, or rejects with, is
   * contained, and comes back as a process warning (`LATCHKEY_WATCH_PRINCIPAL`).
   *
   * @example
   * server.on('upgrade', async (req, socket, head) => {
   *   const principal = await auth.authenticateUpgrade(req).catch(() => undefined);
   *   if (principal === undefined) return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
   *   webSockets.handleUpgrade(req, socket, head, (webSocket) => {
   *     const unwatch = auth.watchPrincipal(principal, () => webSocket.close(1008));
   *     webSocket.on('close', unwatch);
   *   });
   * });
   */
  watchPrincipal(
    principal: Principal,
    refused: (code: ErrorCode) => void,
    changed?: (roles: ReadonlySet<string>) => void,
  ): () => void;
}

/** Connects the services to Express. */
export function http(given: HttpServices): Http {
  installPrincipal();
  // Whatever is watched, a logout of the login that it came in by ends it, too.
  const watchPrincipal: Http['watchPrincipal'] = (principal, refused, changed) =>
    given.watchPrincipal(principal, refused, changed, loginOf(principal));
  const services: HttpServices = { ...given, watchPrincipal };
  const hostSessions = sessions(services.onEvent, services.logins, services.now);
  const authenticated = authentication(services, hostSessions);
  const signs = signing(services, hostSessions);

  // Strict: the page's relative addresses do not work below a trailing slash.
  const router = Router({ strict: true });
  const warn = warnOfProxyAddress(services.identifier);
  router.use(warn);
  loginRoutes(router, services, authenticated, hostSessions, signs);
  pairingRoutes(router, services);
  deviceRoutes(router, services);
  adminRoutes(router, services);
  pageRoutes(router, services);
  router.use(undecodable, problems(services.onEvent));

  let tokenRouter: Router | undefined;
  let metadata: RequestHandler | undefined;
  const { tokens, introspection } = services;
  if (tokens !== undefined) {
    tokenRouter = Router({ strict: true });
    tokenRouter.use(warn);
    tokenRouter.use(middleware((req) => tellGuarded(req, services.onEvent)));
    tokenRoutes(tokenRouter, services, tokens);
    if (introspection !== undefined) introspectionRoutes(tokenRouter, services, tokens, introspection);
    metadata = authorizationServerMetadata(services, tokens);
    tokenRouter.all(metadataPath, metadata);
    tokenRouter.use(oauthProblems(services.onEvent));
  }

  return {
    authenticate: authenticated.authenticate,
    router,
    tokenRouter,
    authorizationServerMetadata: metadata,
    requireLogin,
    requireRole,
    problems: problems(services.onEvent),
    ...signs,
    authenticateUpgrade: upgrades(services, authenticated),
    principalOf,
    watchPrincipal,
  };
}

/** Apps cannot log in at the proxy: on a guarded path they never get as far as this router. */
function tellGuarded(req: IncomingMessage, onEvent: OnEvent): void {
  if (!isGuarded(req)) return;
  const message =
    'tokenRouter is mounted outside unguardedPaths: the proxy requires a login there, and apps cannot log in at the proxy';
  onEvent({ type: 'error', code: 'ERR_CONFIG', message });
}
