// Guards for routes that require a login, a role or a browser.

import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Actor, Principal } from '../vocabulary/types.js';
import { addressOf } from './address.js';
import { middleware } from './contain.js';
import { authResultOf, principalOf } from './request-principal.js';

/** Called with the error of each request that a guard refuses. */
export type Refused = (error: unknown) => void;

/** Creates middleware that passes on every request for which `check` does not throw. */
export function guard(check: (req: Request) => void, refused: Refused): RequestHandler {
  return middleware((req) => {
    try {
      check(req);
    } catch (error) {
      refused(error);
      throw error;
    }
  });
}

/**
 * Creates the function that returns middleware which accepts every request with a principal, by any login method. Any
 * other request gets 401 `ERR_LOGIN_REQUIRED`.
 *
 * The created function throws `ERR_CONFIG` when the host mounts it instead of calling it.
 */
export function loginGuard(refused: Refused): (...none: readonly never[]) => RequestHandler {
  return (...none) => {
    if (none.length > 0) throw notCalled('requireLogin', 'requireLogin()');
    return guard((req) => void requiredPrincipal(req), refused);
  };
}

/**
 * Creates the function that returns middleware which accepts a request whose principal has any of these roles. Any
 * other request gets 401 `ERR_LOGIN_REQUIRED` or 403 `ERR_ROLE_REQUIRED`.
 *
 * The created function throws `ERR_CONFIG` when it is called without a role.
 */
export function roleGuard(refused: Refused): (...roles: readonly string[]) => RequestHandler {
  return (...roles) => {
    const given: readonly unknown[] = roles;
    if (typeof given[2] === 'function') throw notCalled('requireRole', "requireRole('admin')");
    if (roles.length === 0 || !roles.every((role) => typeof role === 'string' && role !== '')) {
      throw new LatchkeyError('ERR_CONFIG', { detail: 'requireRole() expects one or more role names' });
    }
    return guard((req) => {
      const principal = requiredPrincipal(req);
      if (!roles.some((role) => principal.roles.has(role))) throw new LatchkeyError('ERR_ROLE_REQUIRED');
    }, refused);
  };
}

/**
 * Returns the error for a host that has mounted the function instead of calling it. Without this error, requests to the
 * route would never get a response.
 */
function notCalled(name: string, call: string): LatchkeyError {
  const detail = `${name} makes middleware and is not middleware itself: write app.get(path, auth.${call}, …)`;
  return new LatchkeyError('ERR_CONFIG', { detail });
}

/**
 * Returns the principal of a request that requires a login.
 *
 * @throws {LatchkeyError} `ERR_LOGIN_REQUIRED` when no user is logged in.
 */
export function requiredPrincipal(req: IncomingMessage): Principal {
  authResultOf(req);
  const principal = principalOf(req);
  if (principal === undefined) throw new LatchkeyError('ERR_LOGIN_REQUIRED');
  return principal;
}

/**
 * Returns the principal of a request that must come from a browser. Refuses requests with a token, because a token must
 * not be able to pair further devices.
 *
 * @throws {LatchkeyError} `ERR_LOGIN_REQUIRED` when no user is logged in; `ERR_TOKEN_FORBIDDEN` for a token.
 */
export function browserPrincipal(req: IncomingMessage): Principal {
  const principal = requiredPrincipal(req);
  if (principal.method === 'token') throw new LatchkeyError('ERR_TOKEN_FORBIDDEN');
  return principal;
}

/**
 * Returns the principal of a browser request whose user must have this role.
 *
 * @throws {LatchkeyError} `ERR_ROLE_REQUIRED` when the role is missing, and the codes of `browserPrincipal`.
 */
export function browserPrincipalWith(req: IncomingMessage, role: string): Principal {
  const principal = browserPrincipal(req);
  if (!principal.roles.has(role)) throw new LatchkeyError('ERR_ROLE_REQUIRED');
  return principal;
}

/** Returns the user who made the request, as an actor for the audit trail. */
export function actorOf(req: IncomingMessage): Actor {
  const address = addressOf(req);
  return { subject: requiredPrincipal(req).subject, address };
}
