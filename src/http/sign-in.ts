// The host's own password login for local accounts, and every log-out.
import type { IncomingMessage } from 'node:http';
import { decideAdmission } from '../directory/resolution/admission.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, Principal, UserRow } from '../vocabulary/types.js';
import { authResultOf, principalFor } from './request-principal.js';
import type { HttpServices } from './services.js';
import type { Sessions } from './session.js';

/** The verbs for the host's own login. */
export interface Signing {
  /**
   * Logs a local account in, after the host has checked the password itself: begins a new session (fixation) and saves
   * it. Rejects with `ERR_USER_UNKNOWN`, `ERR_ACCOUNT_PROXY` (the proxy's accounts log in by the proxy only),
   * `ERR_ACCOUNT_DISABLED`, `ERR_ACCOUNT_PENDING`, `ERR_SIGN_IN_CONFLICT` (the proxy names somebody else on this very
   * request, and would end the session on the next), `ERR_SESSION_UNAVAILABLE`, `ERR_DIRECTORY_UNAVAILABLE`; with
   * `ERR_CONFIG` where `session` is `'none'` or `authenticate` has not run.
   */
  signIn(req: IncomingMessage, userId: string): Promise<Principal>;
  /**
   * Ends the session with all its data, and the login for good: on every instance, and against requests under way that
   * write the session back. Nothing happens where there is none. Rejects with `ERR_SESSION_UNAVAILABLE`,
   * `ERR_DIRECTORY_UNAVAILABLE`, and with `ERR_CHANGE_NOT_SPREAD` where the session has ended but another instance may
   * not know yet.
   */
  signOut(req: IncomingMessage): Promise<void>;
}

/** Sign-in and sign-out on the host's session. */
export function signing(services: HttpServices, sessions: Sessions): Signing {
  const { directory, resolver, provisioning, session } = services;
  return {
    async signIn(req, userId) {
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
      const { login } = await sessions.start(req, account, 'sign-in');
      authResult.principal = principalFor(account, login);
      return authResult.principal;
    },

    async signOut(req) {
      const authResult = authResultOf(req);
      if (session !== 'none' && sessions.require(req, targetOf(req))) {
        await sessions.end(req, 'signed-out', 'request');
      }
      authResult.principal = undefined;
    },
  };

  async function currentAccount(user: UserRow): Promise<Account> {
    const account = await resolver.find(user.subject);
    if (account?.userId !== user.id) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return account;
  }
}

/** The target as it came: Express strips mount paths off `url`. */
function targetOf(req: IncomingMessage & { readonly originalUrl?: string }): string {
  return req.originalUrl ?? req.url ?? '/';
}
