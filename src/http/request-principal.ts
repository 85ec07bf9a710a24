// Who this request acts as, kept beside the request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as expressRequest } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, Assertion, Principal } from '../vocabulary/types.js';
import { headersSent } from './headers-sent.js';

declare global {
  namespace Express {
    interface Request {
      /** Who this request acts as; `undefined`: nobody is logged in. Set by `authenticate`. */
      readonly principal?: Principal | undefined;
    }
  }
}

/** What `authenticate` found out about one request. */
export interface AuthResult {
  principal: Principal | undefined;
  readonly unguarded: boolean;
  /** What the proxy said, also where it does not log in (`login-only`, local accounts). */
  readonly assertion: Assertion | undefined;
}

// The answers to requests that do not know them: only Express and its like set `req.res`.
const answers = new WeakMap<IncomingMessage, ServerResponse>();

/** Remembers the answer to a request that Express did not make. */
export function keepAnswer(req: IncomingMessage & { readonly res?: unknown }, res: ServerResponse): void {
  if (req.res === undefined) answers.set(req, res);
}

// A property set on the request costs several times as much: Express gives every request a hidden class of its own.
const authResults = new WeakMap<IncomingMessage, AuthResult>();

/** Keeps the outcome for this request. */
export function setAuthResult(req: IncomingMessage, authResult: AuthResult): void {
  authResults.set(req, authResult);
  // Only a request made by another copy of Express lacks the getter.
  if ('res' in req && !('principal' in req)) Object.defineProperty(req, 'principal', getter);
}

/** What `authenticate` found. Throws `ERR_CONFIG` where it has not run: a guard must never guess. */
export function authResultOf(req: IncomingMessage): AuthResult {
  const authResult = authResults.get(req);
  if (authResult === undefined) {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'authenticate has not run before this route: mount it first' });
  }
  return authResult;
}

/** Whether `authenticate` has run, and found the path to be one on which the proxy demands a login. */
export function isGuarded(req: IncomingMessage): boolean {
  return authResults.get(req)?.unguarded === false;
}

/**
 * Who this request acts as; `undefined` where nobody is logged in or `authenticate` has not run. The same as
 * `req.principal`. An answer made from it belongs to one person: reading it sets `Cache-Control: no-store`, unless the
 * answer has a `Cache-Control` already (RFC 9111 §5.2.2.5). Takes requests that Express did not make, too.
 */
export function principalOf(
  req: IncomingMessage & { readonly res?: ServerResponse | null | undefined },
): Principal | undefined {
  const principal = authResults.get(req)?.principal;
  if (principal !== undefined) {
    const res = req.res ?? answers.get(req);
    // `req.res` is null once engine.io (socket.io) has answered.
    if (res !== undefined && !headersSent(res) && !res.hasHeader('Cache-Control')) {
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

/** Makes `req.principal` readable on every Express request of this process. */
export function installPrincipal(): void {
  if (!('principal' in expressRequest)) Object.defineProperty(expressRequest, 'principal', getter);
}

// Accounts are shared between requests as long as nothing changes, and so are the principals made from them.
const made = new WeakMap<Account, Map<string | undefined, Principal>>();
const logins = new WeakMap<Principal, string>();

/** The principal of an account that came in by header; with the id of a login, by that session. */
export function principalFor(account: Account, login?: string): Principal {
  let ofAccount = made.get(account);
  const known = ofAccount?.get(login);
  if (known !== undefined) return known;
  if (ofAccount === undefined) {
    ofAccount = new Map();
    made.set(account, ofAccount);
  }
  const method = login === undefined ? 'header' : 'session';
  const principal: Principal = Object.freeze({ ...facts(account), method });
  ofAccount.set(login, principal);
  if (login !== undefined) logins.set(principal, login);
  return principal;
}

/** The id of the login that a principal came in by; `undefined`: by no session, or it is not one of ours. */
export function loginOf(principal: Principal): string | undefined {
  return logins.get(principal);
}

/** The principal of a paired device's owner. */
export function devicePrincipal(account: Account, deviceId: string): Principal {
  return { ...facts(account), method: 'token', deviceId };
}

function facts(account: Account): Omit<Principal, 'method' | 'deviceId'> {
  const { userId, subject, displayName, email, roles } = account;
  return {
    userId,
    subject,
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    roles,
  };
}
