// Checks the account of a request again after the body has arrived. The user might have logged out or lost access while
// the body was in transit.
import type { Request } from 'express';
import { decideAdmission } from '../directory/resolution/admission.js';
import { isLoginEnded } from '../directory/resolution/login-ends.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account } from '../vocabulary/types.js';
import { browserPrincipal } from './guards.js';
import { loginOf } from './request-principal.js';
import type { HttpServices } from './services.js';

/**
 * Creates the function that checks the account of a request. It resolves to the current account, or rejects with the
 * error of the refusal.
 */
export function recheckAccount({
  resolver,
  provisioning,
}: Pick<HttpServices, 'resolver' | 'provisioning'>): (req: Request) => Promise<Account> {
  return async (req) => {
    const principal = browserPrincipal(req);
    const { subject, userId, method } = principal;
    const found = await resolver.find(subject);
    const account = found?.userId === userId ? found : undefined;
    const admission = decideAdmission(account, method, provisioning);
    if (!admission.admitted) throw new LatchkeyError(admission.code);
    if (account === undefined) throw new LatchkeyError('ERR_ACCOUNT_UNKNOWN');
    if (principal.hostUserId !== undefined && principal.hostUserId !== account.hostUserId) {
      throw new LatchkeyError('ERR_LOGIN_REQUIRED');
    }
    const login = loginOf(principal);
    if (login !== undefined && isLoginEnded(account, login)) throw new LatchkeyError('ERR_LOGIN_REQUIRED');
    return account;
  };
}
