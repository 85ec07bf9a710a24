// What a route demands of whoever asks.

import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Actor, Principal } from '../vocabulary/types.js';
import { addressOf } from './address.js';
import { middleware } from './contain.js';
import { authResultOf, principalOf } from './request-principal.js';

/**
 * Lets a request pass that is logged in by any method; the others get 401 `ERR_LOGIN_REQUIRED`. Call it to get the
 * middleware: `app.get(path, auth.requireLogin(), …)`. Throws `ERR_CONFIG` where the call was forgotten.
 */
export function requireLogin(...none: readonly never[]): RequestHandler {
  if (none.length > 0) throw notCalled('requireLogin', 'requireLogin()');
  return middleware((req) => void requiredPrincipal(req));
}

/**
 * Lets a request pass whose principal has any of these roles; otherwise 401 `ERR_LOGIN_REQUIRED` or 403
 * `ERR_ROLE_REQUIRED`. Throws `ERR_CONFIG` when called without a role: that would be a guard that guards nothing.
 */
export function requireRole(...roles: readonly string[]): RequestHandler {
  const given: readonly unknown[] = roles;
  if (typeof given[2] === 'function') throw notCalled('requireRole', "requireRole('admin')");
  if (roles.length === 0 || !roles.every((role) => typeof role === 'string' && role !== '')) {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'requireRole() expects one or more role names' });
  }
  return middleware((req) => {
    const principal = requiredPrincipal(req);
    if (!roles.some((role) => principal.roles.has(role))) throw new LatchkeyError('ERR_ROLE_REQUIRED');
  });
}

/** Express handed a request to what makes guards. Nothing would ever answer that request. */
function notCalled(name: string, call: string): LatchkeyError {
  const detail = `${name} makes middleware and is not middleware itself: write app.get(path, auth.${call}, …)`;
  return new LatchkeyError('ERR_CONFIG', { detail });
}

/** The principal of a request that must have one. Throws `ERR_LOGIN_REQUIRED`. */
export function requiredPrincipal(req: IncomingMessage): Principal {
  authResultOf(req);
  const principal = principalOf(req);
  if (principal === undefined) throw new LatchkeyError('ERR_LOGIN_REQUIRED');
  return principal;
}

/** The principal of a request that must come from a person's browser. A token may not lend its login on. */
export function browserPrincipal(req: IncomingMessage): Principal {
  const principal = requiredPrincipal(req);
  if (principal.method === 'token') throw new LatchkeyError('ERR_TOKEN_FORBIDDEN');
  return principal;
}

/** The same for a person who must have this role. Throws `ERR_ROLE_REQUIRED`, too. */
export function browserPrincipalWith(req: IncomingMessage, role: string): Principal {
  const principal = browserPrincipal(req);
  if (!principal.roles.has(role)) throw new LatchkeyError('ERR_ROLE_REQUIRED');
  return principal;
}

/** Whoever asks, as the audit trail names them. */
export function actorOf(req: IncomingMessage): Actor {
  const address = addressOf(req);
  return { subject: requiredPrincipal(req).subject, ...(address === undefined ? {} : { address }) };
}
