// Implements sign-in for the host's own password login, and sign-out for all users.
import type { IncomingMessage } from 'node:http';
import { decideAdmission } from '../directory/resolution/admission.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, Principal, UserRow } from '../vocabulary/types.js';
import { authResultOf, principalFor, targetOf } from './request-principal.js';
import type { HttpServices } from './services.js';
import type { Sessions } from './session.js';

/** The functions for the host's own login. */
export interface Signing {
  /**
   * Logs in a local account whose password the host has already checked. Starts and saves a new session, which prevents
   * session fixation.
   *
   * @throws {LatchkeyError} `ERR_USER_UNKNOWN`; `ERR_ACCOUNT_PROXY` when the account can log in only through the proxy;
   * `ERR_ACCOUNT_DISABLED`; `ERR_ACCOUNT_PENDING`; `ERR_SIGN_IN_CONFLICT` when the proxy asserts a different user on
   * the same request, because that assertion would end the session on the next request; `ERR_SESSION_UNAVAILABLE`;
   * `ERR_DIRECTORY_UNAVAILABLE`; `ERR_CONFIG` when `session` is `'none'` or `authenticate` has not run. With the option
   * `hostUsers`, also `ERR_HOST_USER_UNKNOWN` and `ERR_HOST_USERS_UNAVAILABLE`.
   */
  signIn(req: IncomingMessage, userId: string): Promise<Principal>;
  /**
   * Ends the session with all its data. Also ends the login permanently, on all instances, even if a request in
   * progress writes the session back. Does nothing if there is no session.
   *
   * @throws {LatchkeyError} `ERR_SESSION_UNAVAILABLE`; `ERR_DIRECTORY_UNAVAILABLE`.
   */
  signOut(req: IncomingMessage): Promise<void>;
}

/** Implements sign-in and sign-out on the host's session. */
export function signing(services: HttpServices, sessions: Sessions): Signing {
  const { directory, resolver, provisioning, session, hostLinks } = services;

  async function signIn(req: IncomingMessage, userId: string): Promise<Principal> {
    if (session === 'none')
      throw new LatchkeyError('ERR_CONFIG', { detail: "signIn() needs sessions: session is 'none'" });
    const authResult = authResultOf(req);
    sessions.demand(req);
    const user = await directory.findUserById(userId);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    if (user.authMethod !== 'local') throw new LatchkeyError('ERR_ACCOUNT_PROXY');
    const asserted = authResult.assertion?.subject;
    if (asserted !== undefined && asserted !== user.subject) throw new LatchkeyError('ERR_SIGN_IN_CONFLICT');
    const account = await currentAccount(user);
    const admission = decideAdmission(account, 'session', provisioning);
    if (!admission.admitted) throw new LatchkeyError(admission.code);
    const linked = hostLinks === undefined ? account : await hostLinks.linked(account);
    if (linked instanceof LatchkeyError) throw linked;
    const { login } = await sessions.start(req, linked, 'sign-in');
    authResult.principal = principalFor(linked, login);
    return authResult.principal;
  }

  async function signOut(req: IncomingMessage): Promise<void> {
    const authResult = authResultOf(req);
    if (session !== 'none' && sessions.require(req, targetOf(req))) {
      await sessions.end(req, 'signed-out', 'request');
    }
    authResult.principal = undefined;
  }

  async function currentAccount(user: UserRow): Promise<Account> {
    const account = await resolver.find(user.subject);
    if (account?.userId !== user.id) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return account;
  }

  return { signIn, signOut };
}
