// Stores the principal of each request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as expressRequest } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, Assertion, Device, Principal, PrincipalMethod } from '../vocabulary/types.js';
import { headersSent } from './headers-sent.js';

declare global {
  namespace Express {
    interface Request {
      /** The principal of this request, or `undefined` if no user is logged in. `authenticate` sets this property. */
      readonly principal?: Principal | undefined;
    }
  }
}

/** The result of authenticating one request. */
export interface AuthResult {
  principal: Principal | undefined;
  readonly unguarded: boolean;
  /** True if browsers and apps share the path of the request. */
  readonly shared: boolean;
  /**
   * True if the request has a bearer token that takes precedence over headers and sessions. The token was accepted or
   * left to the host.
   */
  readonly byToken: boolean;
  /**
   * The proxy's assertion, even if it does not log the user in (`login-only`, local accounts). Absent if a token takes
   * precedence.
   */
  readonly assertion: Assertion | undefined;
}

// The responses to requests that have no property `res`, because only Express and similar frameworks set this property.
const answers = new WeakMap<IncomingMessage, ServerResponse>();

/** Stores the response to a request that Express did not create. */
export function keepAnswer(req: IncomingMessage & { readonly res?: unknown }, res: ServerResponse): void {
  if (req.res === undefined) answers.set(req, res);
}

// A WeakMap is several times faster than a new property on each request, because V8 would create a hidden class for
// each request.
const authResults = new WeakMap<IncomingMessage, AuthResult>();

/** Stores the result of authenticating this request. */
export function setAuthResult(req: IncomingMessage, authResult: AuthResult): void {
  authResults.set(req, authResult);
  // Requests that another copy of Express created do not have the getter yet.
  if ('res' in req && !('principal' in req)) Object.defineProperty(req, 'principal', getter);
}

/**
 * Returns the result of authenticating this request.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `authenticate` has not run.
 */
export function authResultOf(req: IncomingMessage): AuthResult {
  const authResult = authResults.get(req);
  if (authResult === undefined) {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'authenticate has not run before this route: mount it first' });
  }
  return authResult;
}

/**
 * Returns the unmodified request target. Express and Connect remove the mount path from `url`, but keep the original
 * target in `originalUrl`.
 */
export function targetOf(req: IncomingMessage & { readonly originalUrl?: string | undefined }): string {
  return req.originalUrl ?? req.url ?? '/';
}

/**
 * Returns whether the path of the request is guarded, which means that the proxy requires a login. Also returns `false`
 * if `authenticate` has not run.
 */
export function isGuarded(req: IncomingMessage): boolean {
  const authResult = authResults.get(req);
  return authResult !== undefined && !authResult.unguarded && !authResult.shared;
}

/**
 * Returns whether a login would count on this request: `authenticate` has run, the path is guarded or shared, and no
 * bearer token counts instead of the login.
 */
export function acceptsLogin(req: IncomingMessage): boolean {
  const authResult = authResults.get(req);
  return authResult !== undefined && !authResult.unguarded && !authResult.byToken;
}

/**
 * Returns the principal of a request, as `req.principal` does. Returns `undefined` if no user is logged in, or if
 * `authenticate` has not run. Also accepts requests that Express did not create.
 *
 * A response that depends on the principal is private to one user. So reading the principal sets
 * `Cache-Control: no-store`, unless the response already has a `Cache-Control` (RFC 9111 §5.2.2.5).
 *
 * @example
 * import { principalOf } from 'latchkey';
 * app.get('/me', (req, res) => void res.json({ subject: principalOf(req)?.subject }));
 */
export function principalOf(
  req: IncomingMessage & { readonly res?: ServerResponse | null | undefined },
): Principal | undefined {
  const principal = authResults.get(req)?.principal;
  if (principal !== undefined) {
    const res = req.res ?? answers.get(req);
    // `req.res` is null after engine.io (socket.io) has answered the request.
    if (res !== undefined && !res.hasHeader('Cache-Control') && !headersSent(res)) {
      res.setHeader('Cache-Control', 'no-store');
    }
  }
  return principal;
}

const getter: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get(this: IncomingMessage): Principal | undefined {
    return principalOf(this);
  },
};

/** Adds the getter `principal` to all Express requests of this process. */
export function installPrincipal(): void {
  if (!('principal' in expressRequest)) Object.defineProperty(expressRequest, 'principal', getter);
}

// As long as an account does not change, all requests of its user share one account object. So these requests can also
// share the principals that are made from this object.
const ofHeaders = new WeakMap<Account, Principal>();
const ofSessions = new WeakMap<Account, Map<string, Principal>>();
const ofDevices = new WeakMap<Device, { readonly account: Account; readonly principal: Principal }>();
const logins = new WeakMap<Principal, string>();

/** Returns the principal of an account. Its method is `session` if `login` is given, and `header` otherwise. */
export function principalFor(account: Account, login?: string): Principal {
  if (login !== undefined) return sessionPrincipal(account, login);
  const known = ofHeaders.get(account);
  if (known !== undefined) return known;
  const principal = Object.freeze(facts(account, 'header'));
  ofHeaders.set(account, principal);
  return principal;
}

function sessionPrincipal(account: Account, login: string): Principal {
  let ofAccount = ofSessions.get(account);
  const known = ofAccount?.get(login);
  if (known !== undefined) return known;
  if (ofAccount === undefined) {
    ofAccount = new Map();
    ofSessions.set(account, ofAccount);
  }
  const principal = Object.freeze(facts(account, 'session'));
  ofAccount.set(login, principal);
  logins.set(principal, login);
  return principal;
}

/**
 * Returns the id of the session login that a principal belongs to. Returns `undefined` if the principal has another
 * method, or if Latchkey did not create the principal.
 */
export function loginOf(principal: Principal): string | undefined {
  return logins.get(principal);
}

/** Returns the principal of a paired device's owner. */
export function devicePrincipal(account: Account, device: Device): Principal {
  const known = ofDevices.get(device);
  if (known?.account === account) return known.principal;
  const principal = Object.freeze({ ...facts(account, 'token'), deviceId: device.id });
  ofDevices.set(device, { account, principal });
  return principal;
}

// These are object literals without a conditional `...`. For each object with such an expression, V8 creates a hidden
// class, which takes more memory than the object.
function facts(account: Account, method: PrincipalMethod): Principal {
  const { userId, subject, displayName, email, roles, hostUserId } = account;
  if (hostUserId === undefined) return { userId, subject, displayName, email, roles, method };
  return { userId, subject, displayName, email, roles, method, hostUserId };
}
