// Connects the services to Express: builds the middleware, guards, routers and error handlers that a host mounts.
import { type RequestHandler, Router } from 'express';
import { authentication } from './authenticate.js';
import { middleware } from './contain.js';
import { warnOfGuardedPath } from './guarded-path-warning.js';
import { loginGuard, type Refused, roleGuard } from './guards.js';
import type { Http } from './host-interface.js';
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
import { tokenFunctions } from './token-functions.js';
import { upgrades } from './upgrade.js';
import { upgradeGuard } from './upgrade-guard.js';
import { checkedWatch } from './watch-options.js';

export type { Http } from './host-interface.js';
export type { HttpServices } from './services.js';

/** Connects the services to Express. */
export function http(given: HttpServices): Http {
  installPrincipal();
  // The watch also gets the id of the principal's session login, so that it calls `onRefused` when that login ends.
  const watchPrincipal: Http['watchPrincipal'] = (principal, watching) =>
    given.watchPrincipal(principal, checkedWatch(watching), loginOf(principal));
  const services: HttpServices = { ...given, watchPrincipal };
  const hostSessions = sessions(services.onEvent, services.logins, services.now);
  const refused: Refused = (error) => services.telemetry?.refused(error);
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
    problems(services, refusalPages(services, { ...links, redirect: () => undefined }, cookieLost)),
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
    tokenRouter.use(oauthProblems(services));
  }

  const authenticateUpgrade = upgrades(services, authenticated);
  return {
    authenticate: authenticated.authenticate,
    router,
    tokenRouter,
    authorizationServerMetadata: metadata,
    requireLogin: loginGuard(refused),
    requireRole: roleGuard(refused),
    sameOrigin: sameOriginGuard(services.origins ?? [], refused),
    problems: problems(services, refusalPages(services, loginLinks(services, mountPath), cookieLost)),
    ...signs,
    ...linking,
    authenticateUpgrade,
    guardUpgrades: upgradeGuard({
      authenticateUpgrade,
      watchPrincipal,
      foreignTokens: devices?.foreignTokens,
      reports: services,
    }),
    tokens: tokenFunctions(authenticated, devices !== undefined, refused),
    principalOf,
    watchPrincipal,
  };
}
