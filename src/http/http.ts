// Builds the middleware, guards, routers and error handlers that a host mounts, and the functions that it calls.
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
import { openapiRoute, tokenOpenapiRoute } from './routes/openapi.js';
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

/** The middleware and routers that a host mounts, and the functions that a host calls. */
export interface Http {
  /**
   * Authenticates the request and sets `req.principal`, which stays undefined if no user is logged in. If the request
   * is refused, passes a `LatchkeyError` to the host's error handlers.
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
  /**
   * The routes for apps. Mount this router on an unguarded or shared path. The value is `undefined` if the option
   * `tokens` is not set.
   */
  readonly tokenRouter: Router | undefined;
  /**
   * Serves the metadata of the token router (RFC 8414). Mount this handler where clients look for the metadata: at
   * `/.well-known/oauth-authorization-server`, followed by the issuer's path (§3.1). The value is `undefined` if the
   * option `tokens` is not set.
   */
  readonly authorizationServerMetadata: RequestHandler | undefined;
  /**
   * Returns middleware that accepts every request with a principal, by any login method. Any other request gets 401
   * `ERR_LOGIN_REQUIRED`. Call this function to get the middleware: `app.get(path, auth.requireLogin(), …)`.
   *
   * @example
   * app.get('/library', auth.requireLogin(), (req, res) => void res.json({ owner: req.principal?.subject }));
   */
  readonly requireLogin: (...none: readonly never[]) => RequestHandler;
  /**
   * Returns middleware that accepts a request whose principal has any of these roles. Any other request gets 401
   * `ERR_LOGIN_REQUIRED` or 403 `ERR_ROLE_REQUIRED`.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when this function is called without a role.
   *
   * @example
   * app.delete('/library/:id', auth.requireRole('editor', 'admin'), (req, res) => void res.status(204).end());
   */
  readonly requireRole: (...roles: readonly string[]) => RequestHandler;
  /**
   * Middleware that protects the host's own writes against cross-site request forgery. Mount it after `authenticate`.
   * Refuses a write with 403 `ERR_CROSS_ORIGIN`, unless it comes from this site or from one of the origins in the
   * option `origins`. The middleware always accepts the following requests:
   * - requests with the method GET, HEAD, OPTIONS or TRACE
   * - requests on unguarded paths
   * - requests on shared paths, if they have a bearer token
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when the host calls this middleware instead of mounting it.
   *
   * @example
   * app.use(auth.authenticate, auth.sameOrigin);
   * app.post('/library', auth.requireLogin(), (req, res) => void res.status(201).end());
   */
  readonly sameOrigin: RequestHandler;
  /**
   * Answers every `LatchkeyError` and the errors of Express' body parsers. Passes all other errors to the host's next
   * error handler. A client that prefers HTML gets a page in its language. All other clients get problem details (RFC
   * 9457). With `session: 'login-only'`, a navigation that needs a login is redirected to the login.
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
   * Links two accounts of one person: the user whom the proxy asserts on this request, and the host's own user who is
   * logged in on this request. The request must be a write from this site. Resolves to the id of the host user's row.
   * This function needs the option `hostUsers`.
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
   * Authenticates a WebSocket handshake (RFC 6455 §4.1) and resolves to its principal.
   *
   * @throws {LatchkeyError} An error with the code of the refusal, when the handshake is refused.
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
   * Guards all `upgrade` listeners of a server, including those of other software and those that are added later.
   * Before the listeners run, Latchkey authenticates each request like `authenticateUpgrade`. In the listeners,
   * `principalOf(req)` returns the principal.
   *
   * No listener sees a refused request: the client gets an HTTP response (401, 403, or 503 with `Retry-After`), and
   * Latchkey closes the connection. Latchkey also closes an open connection as soon as its principal would be refused
   * (see `watchPrincipal`) or no longer has any of the required `roles`.
   *
   * Requests without an upgrade, such as the long polling of socket.io, are not guarded. Returns a function that ends
   * the guard. Even after that, Latchkey continues to watch connections that are still open.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when `server` is not a server of Node, or when an option is invalid.
   *
   * @example
   * const server = app.listen(8080);
   * auth.guardUpgrades(server, { roles: ['editor'] });
   */
  readonly guardUpgrades: GuardUpgrades;
  /** The functions for API tokens. */
  readonly tokens: TokenFunctions;
  /**
   * Returns the principal of a request, as `req.principal` does. Returns `undefined` if no user is logged in, or if
   * `authenticate` has not run.
   *
   * @example
   * const roles = auth.principalOf(req)?.roles ?? new Set<string>();
   */
  readonly principalOf: (req: IncomingMessage) => Principal | undefined;
  /**
   * Watches the principal of a connection that stays open. Calls `onRefused` once, with the error code, as soon as a
   * change makes Latchkey refuse this principal. The change may also come from another instance. These are the possible
   * changes:
   *
   * - The user was disabled, deleted, replaced or set to pending.
   * - The account was converted from a proxy account to a local account, or the reverse, and can no longer log in by
   *   this principal's method.
   * - The user has lost all roles, and `provisioning` is `mapped-groups-only`.
   * - The user has logged out of the session that this principal belongs to.
   * - The device was revoked or has expired.
   *
   * A watch costs nothing while nothing changes. While the directory is unavailable, `onRefused` is not called. The
   * watch does not notice that a token becomes idle or suspended, or that a session expires. In these cases, only the
   * next request is refused.
   *
   * Calls `onRolesChanged` with the new roles each time the user's roles change. The object `principal` itself never
   * changes.
   *
   * Returns a function that ends the watch. Call this function when the connection closes. If a callback throws or
   * rejects, the error is caught and becomes a process warning (`LATCHKEY_WATCH_PRINCIPAL`).
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
  // The watch also gets the id of the principal's session login, so that it calls `onRefused` when that login ends.
  const watchPrincipal: Http['watchPrincipal'] = (principal, watching) =>
    given.watchPrincipal(principal, checkedWatch(watching), loginOf(principal));
  const services: HttpServices = { ...given, watchPrincipal };
  const hostSessions = sessions(services.onEvent, services.logins, services.now);
  const authenticated = authentication(services, hostSessions);
  const signs = signing(services, hostSessions);
  const linking = hostLinking(services);

  // The router is strict, because relative URLs in the pages would not work if the address of the page had a trailing
  // slash.
  const router = Router({ strict: true });
  const mountPath = mountOf(router);
  const cookieLost = lostCookieWarning();
  const warn = warnOfProxyAddress(services.identifier);
  router.use(warn);
  // Inside the router, `baseUrl` of the request is the mount path.
  const links = loginLinks(services, ({ baseUrl }) => baseUrl);
  loginRoutes(router, services, authenticated, hostSessions, { ...signs, ...linking }, links);
  const { devices } = services;
  if (devices?.quickConnect !== undefined) pairingRoutes(router, services, devices.quickConnect);
  deviceRoutes(router, services);
  adminRoutes(router, services);
  pageRoutes(router, services, cookieLost);
  if (services.openapi === true) openapiRoute(router, services);
  // Requests to this router are never redirected to the login, because `login` is itself a route of the router.
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
    if (services.openapi === true) tokenOpenapiRoute(tokenRouter, services);
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
