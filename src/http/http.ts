// Builds what a host mounts and calls: the middleware, guards, routers and error handlers.
import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { WatchOptions } from '../directory/resolution/principal-watch.js';
import type { Principal } from '../vocabulary/types.js';
import { authentication } from './authenticate.js';
import { middleware } from './contain.js';
import { warnOfGuardedPath } from './guarded-path-warning.js';
import { requireLogin, requireRole } from './guards.js';
import { hostLinking } from './host-linking.js';
import { loginLinks, lostCookieWarning } from './login-links.js';
import { oauthProblems, problems, undecodable } from './problem.js';
import { warnOfProxyAddress } from './proxy-address.js';
import { refusalPages } from './refusal-page.js';
import { installPrincipal, loginOf, principalOf } from './request-principal.js';
import { mountOf } from './router-mount.js';
import { adminRoutes } from './routes/admin.js';
import { deviceRoutes } from './routes/devices.js';
import { introspectionRoutes } from './routes/introspection.js';
import { loginRoutes } from './routes/login.js';
import { authorizationServerMetadata, metadataPath } from './routes/metadata.js';
import { pageRoutes } from './routes/page-routes.js';
import { pairingRoutes } from './routes/pairings.js';
import { tokenRoutes } from './routes/token.js';
import { sameOriginGuard } from './same-origin.js';
import type { HttpServices } from './services.js';
import { sessions } from './session.js';
import { signing } from './sign-in.js';
import { type TokenFunctions, tokenFunctions } from './token-functions.js';
import { upgrades } from './upgrade.js';
import { type GuardUpgrades, upgradeGuard } from './upgrade-guard.js';
import { checkedWatch } from './watch-options.js';

export type { HttpServices } from './services.js';

/** What a host mounts and calls. */
export interface Http {
  /**
   * Authenticates the request and sets `req.principal`, which stays undefined when no user is logged in. Passes a
   * refusal to the host's error handlers as a `LatchkeyError`.
   *
   * @example
   * app.use(auth.authenticate);
   * app.get('/hello', (req, res) => void res.json({ hello: req.principal?.displayName ?? 'stranger' }));
   */
  readonly authenticate: RequestHandler;
  /**
   * The routes for browsers, behind the proxy's login.
   *
   * @example
   * app.use('/auth', auth.router);
   */
  readonly router: Router;
  /** The routes for apps; mount it on an unguarded path. `undefined` without tokens. */
  readonly tokenRouter: Router | undefined;
  /**
   * Serves the metadata of the token router (RFC 8414). Mount it where clients look for it: at the host's
   * `/.well-known/oauth-authorization-server`, followed by the issuer's path (§3.1). `undefined` without tokens.
   */
  readonly authorizationServerMetadata: RequestHandler | undefined;
  /**
   * Returns middleware that accepts a request with a principal, whatever the login method. Any other request gets 401
   * `ERR_LOGIN_REQUIRED`. Call it to get the middleware: `app.get(path, auth.requireLogin(), …)`.
   *
   * @example
   * app.get('/library', auth.requireLogin(), (req, res) => void res.json({ owner: req.principal?.subject }));
   */
  readonly requireLogin: (...none: readonly never[]) => RequestHandler;
  /**
   * Returns middleware that accepts a request whose principal has any of these roles. Any other request gets 401
   * `ERR_LOGIN_REQUIRED` or 403 `ERR_ROLE_REQUIRED`.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when called without a role.
   *
   * @example
   * app.delete('/library/:id', auth.requireRole('editor', 'admin'), (req, res) => void res.status(204).end());
   */
  readonly requireRole: (...roles: readonly string[]) => RequestHandler;
  /**
   * Middleware for the host's own writes, to be mounted after `authenticate`: header login and sessions are ambient
   * authority, which a page of another site can use. Refuses requests with 403 `ERR_CROSS_ORIGIN` if they change
   * something and do not come from this site or from one of the option `origins`. Accepts the methods GET, HEAD,
   * OPTIONS and TRACE, and everything on unguarded paths, where only a token counts.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when it is called instead of mounted.
   *
   * @example
   * app.use(auth.authenticate, auth.sameOrigin);
   * app.post('/library', auth.requireLogin(), (req, res) => void res.status(201).end());
   */
  readonly sameOrigin: RequestHandler;
  /**
   * Answers a `LatchkeyError` and passes every other error on. A client that prefers HTML gets a page in its language,
   * every other client problem details (RFC 9457). With `session: 'login-only'`, a navigation that needs a login is
   * redirected to the login.
   *
   * @example
   * app.use(auth.problems); // after all routes
   */
  readonly problems: ErrorRequestHandler;
  /**
   * Logs a local account in. The new session is saved when the promise resolves.
   *
   * @example
   * app.post('/login', async (req, res) => {
   *   const user = await auth.users.find(req.body.name);
   *   // Check the password here.
   *   const principal = await auth.signIn(req, user.id);
   *   res.json({ subject: principal.subject });
   * });
   */
  signIn(req: IncomingMessage, userId: string): Promise<Principal>;
  /**
   * Links the user whom the proxy asserts on this request to the row of the host's user who is logged in on it, for a
   * person who has both accounts. The request must be a write from this site. Resolves to the id of the row. Needs the
   * option `hostUsers`.
   *
   * @example
   * app.post('/settings/link', async (req, res) => {
   *   res.json({ linkedTo: await auth.linkHostUser(req) });
   * });
   */
  linkHostUser(req: IncomingMessage): Promise<string>;
  /**
   * Ends this request's session.
   *
   * @example
   * app.post('/logout', async (req, res) => {
   *   await auth.signOut(req);
   *   res.redirect('/');
   * });
   */
  signOut(req: IncomingMessage): Promise<void>;
  /**
   * Resolves to the principal of a WebSocket handshake (RFC 6455 §4.1).
   *
   * @throws {LatchkeyError} The code of the refusal, when the handshake is refused.
   *
   * @example
   * server.on('upgrade', async (req, socket) => {
   *   socket.on('error', () => socket.destroy()); // a client that leaves now must not end the process
   *   const principal = await auth.authenticateUpgrade(req).catch(() => undefined);
   *   if (principal === undefined) socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
   * });
   */
  authenticateUpgrade(req: IncomingMessage): Promise<Principal | undefined>;
  /**
   * Guards every `upgrade` listener of a server, also those of other software and those that are added later. Each
   * request is authenticated first, as `authenticateUpgrade` does. No listener sees a refused request: it gets an HTTP
   * response (401, 403, or 503 with `Retry-After`), and its connection is closed. In the listeners, `principalOf(req)`
   * returns the principal. The connection is closed as soon as the principal would be refused (`watchPrincipal`), or
   * has none of the `roles` any more.
   *
   * It does not guard requests that use no upgrade, such as the long polling of socket.io. Returns a function that ends
   * the guard; connections that are open then stay watched.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when `server` is not a server of Node, or an option is wrong.
   *
   * @example
   * const server = app.listen(8080);
   * auth.guardUpgrades(server, { roles: ['editor'] });
   */
  readonly guardUpgrades: GuardUpgrades;
  /** The functions for API tokens. */
  readonly tokens: TokenFunctions;
  /**
   * Returns the principal of a request, as `req.principal` does. `undefined` when no user is logged in or
   * `authenticate` has not run.
   *
   * @example
   * const roles = auth.principalOf(req)?.roles ?? new Set<string>();
   */
  readonly principalOf: (req: IncomingMessage) => Principal | undefined;
  /**
   * Watches the principal of a connection that stays open. Calls `onRefused` once, with the error code, as soon as this
   * principal would be refused, whichever instance made the change:
   *
   * - The user was disabled, deleted, replaced or set to pending.
   * - The account was converted to the kind that cannot log in by this principal's method.
   * - The user has no role left (`mapped-groups-only`).
   * - The user logged out of this session's login. This applies only to a principal by session.
   * - The device was revoked or has expired.
   *
   * A watch costs nothing while nothing changes. While the directory is unavailable, no principal is refused. The
   * watch does not cover tokens that become idle or suspended, nor sessions that merely expire: the next request
   * decides about them.
   *
   * Calls `onRolesChanged` with the current roles each time they differ from the previous ones; `principal` itself never
   * changes.
   *
   * Returns a function that ends the watch; call it when the connection closes. If a callback throws or rejects, the
   * error is caught and becomes a process warning (`LATCHKEY_WATCH_PRINCIPAL`).
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when `onRefused` is missing, or a callback is not a function.
   *
   * @example
   * server.on('upgrade', async (req, socket, head) => {
   *   socket.on('error', () => socket.destroy());
   *   const principal = await auth.authenticateUpgrade(req).catch(() => undefined);
   *   if (principal === undefined) return void socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
   *   webSockets.handleUpgrade(req, socket, head, (webSocket) => {
   *     const unwatch = auth.watchPrincipal(principal, { onRefused: () => webSocket.close(1008) });
   *     webSocket.on('close', unwatch);
   *   });
   * });
   */
  watchPrincipal(principal: Principal, options: WatchOptions): () => void;
}

/** Connects the services to Express. */
export function http(given: HttpServices): Http {
  installPrincipal();
  // The watch also learns which login is behind the principal, so that the end of that login ends the watch.
  const watchPrincipal: Http['watchPrincipal'] = (principal, watching) =>
    given.watchPrincipal(principal, checkedWatch(watching), loginOf(principal));
  const services: HttpServices = { ...given, watchPrincipal };
  const hostSessions = sessions(services.onEvent, services.logins, services.now);
  const authenticated = authentication(services, hostSessions);
  const signs = signing(services, hostSessions);
  const linking = hostLinking(services);

  // Strict, because the pages' relative URLs do not work after a trailing slash.
  const router = Router({ strict: true });
  const mountPath = mountOf(router);
  const cookieLost = lostCookieWarning();
  const warn = warnOfProxyAddress(services.identifier);
  router.use(warn);
  // Inside the router, its mount path is known from the request.
  const links = loginLinks(services, ({ baseUrl }) => baseUrl);
  loginRoutes(router, services, authenticated, hostSessions, { ...signs, ...linking }, links);
  const { devices } = services;
  if (devices?.quickConnect !== undefined) pairingRoutes(router, services, devices.quickConnect);
  deviceRoutes(router, services);
  adminRoutes(router, services);
  pageRoutes(router, services, cookieLost);
  // No route of the router is led to the login, because `login` is one of them.
  router.use(
    undecodable,
    problems(services.onEvent, refusalPages(services, { ...links, redirect: () => undefined }, cookieLost)),
  );

  let tokenRouter: Router | undefined;
  let metadata: RequestHandler | undefined;
  if (devices !== undefined) {
    tokenRouter = Router({ strict: true });
    tokenRouter.use(warn);
    if (services.identifier.headerLogin) tokenRouter.use(middleware((req) => warnOfGuardedPath(req, services.onEvent)));
    tokenRoutes(tokenRouter, services, devices);
    introspectionRoutes(tokenRouter, services, devices);
    metadata = authorizationServerMetadata(services, devices);
    tokenRouter.all(metadataPath, metadata);
    tokenRouter.use(oauthProblems(services.onEvent));
  }

  const authenticateUpgrade = upgrades(services, authenticated);
  return {
    authenticate: authenticated.authenticate,
    router,
    tokenRouter,
    authorizationServerMetadata: metadata,
    requireLogin,
    requireRole,
    sameOrigin: sameOriginGuard(services.origins ?? []),
    problems: problems(services.onEvent, refusalPages(services, loginLinks(services, mountPath), cookieLost)),
    ...signs,
    ...linking,
    authenticateUpgrade,
    guardUpgrades: upgradeGuard({
      authenticateUpgrade,
      watchPrincipal,
      foreignTokens: devices?.foreignTokens,
      onEvent: services.onEvent,
    }),
    tokens: tokenFunctions(authenticated, devices !== undefined),
    principalOf,
    watchPrincipal,
  };
}
