// Routes for login, logout and the current user.
import type { Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { HostUserResponse, LogoutResponse, MeResponse } from '../../vocabulary/wire/login-json.js';
import type { Authentication } from '../authenticate.js';
import { endpoint, type Methods } from '../endpoint.js';
import { requiredPrincipal } from '../guards.js';
import type { HostLinking } from '../host-linking.js';
import type { LoginLinks } from '../login-links.js';
import { parametersOf } from '../query.js';
import { authResultOf, principalFor } from '../request-principal.js';
import { returnTo } from '../return-to.js';
import type { HttpServices } from '../services.js';
import type { Sessions } from '../session.js';
import type { Signing } from '../sign-in.js';

/** Adds the routes GET `login`, POST `logout`, GET `me` and POST `host-user`. */
export function loginRoutes(
  router: Router,
  services: HttpServices,
  { accountOf }: Pick<Authentication, 'accountOf'>,
  sessions: Sessions,
  { signOut, linkHostUser }: Pick<Signing, 'signOut'> & HostLinking,
  { elsewhere }: Pick<LoginLinks, 'elsewhere'>,
): void {
  const { origins = [], session, logoutUrl } = services;

  const login: Methods = {
    async get(req, res) {
      const destination = returnTo(parametersOf(req).getAll('return_to'), req.baseUrl);
      const authResult = authResultOf(req);
      const { assertion } = authResult;
      if (session === 'login-only' && assertion !== undefined) {
        const account = await accountOf(assertion);
        const { login } = await sessions.start(req, account, 'login');
        authResult.principal = principalFor(account, login);
      }
      const other =
        authResult.principal === undefined && assertion === undefined ? elsewhere(req, destination) : undefined;
      if (other === undefined && authResult.principal === undefined)
        throw new LatchkeyError(assertion === undefined ? 'ERR_LOGIN_REQUIRED' : 'ERR_ACCOUNT_LOCAL');
      res.redirect(303, other ?? destination);
    },
  };
  endpoint(router, '/login', origins, login, { accepts: { get: { query: ['return_to'] } } });

  endpoint(router, '/logout', origins, {
    async post(req, res) {
      await signOut(req);
      // If the proxy asserts a user, the user is still logged in at the proxy. So the next request or page visit would
      // log the user in again.
      const proxyLogin = authResultOf(req).assertion !== undefined;
      const answer: LogoutResponse =
        logoutUrl !== undefined ? { logout_url: logoutUrl } : proxyLogin ? { proxy_login: true } : {};
      res.json(answer);
    },
  });

  if (services.hostLinks !== undefined) {
    endpoint(router, '/host-user', origins, {
      async post(req, res) {
        res.json({ host_user_id: await linkHostUser(req) } satisfies HostUserResponse);
      },
    });
  }

  endpoint(router, '/me', origins, {
    get(req, res) {
      const { subject, displayName, email, roles, method, deviceId } = requiredPrincipal(req);
      const me: MeResponse = {
        subject,
        display_name: displayName,
        email,
        roles: [...roles].sort(),
        method,
        device_id: deviceId,
      };
      res.json(me);
    },
  });
}
