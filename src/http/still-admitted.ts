// http/: somebody who was let in with the head of a request may be locked out before they let its body go.
import type { Request } from 'express';
import { admit } from '../directory/admission.js';
import { LatchkeyError } from '../errors.js';
import type { Account } from '../types.js';
import { browserPrincipal } from './guards.js';
import type { HttpServices } from './services.js';

/** Resolves with whose request it is, as they are now; rejects with what is against letting them in. */
export function stillAdmitted({
  resolver,
  provisioning,
}: Pick<HttpServices, 'resolver' | 'provisioning'>): (req: Request) => Promise<Account> {
  return async (req) => {
    const { subject, userId, method } = browserPrincipal(req);
    const found = await resolver.find(subject);
    const account = found?.userId === userId ? found : undefined;
    const admission = admit(account, method, provisioning);
    if (!admission.admitted) throw new LatchkeyError(admission.code);
    if (account === undefined) throw new LatchkeyError('ERR_ACCOUNT_UNKNOWN');
    return account;
  };
}
