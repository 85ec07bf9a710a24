// Lets a person who is logged in both at the proxy and at the host link the two accounts.
import type { IncomingMessage } from 'node:http';
import { decideAdmission } from '../directory/resolution/admission.js';
import type { HostLinks } from '../directory/resolution/host-links.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, User } from '../vocabulary/types.js';
import { addressOf } from './address.js';
import { authResultOf } from './request-principal.js';
import { assertSameOrigin } from './same-origin.js';
import type { HttpServices } from './services.js';

/** The function that the host's own page uses to link accounts. */
export interface HostLinking {
  /**
   * Links two accounts of one person: the user whom the proxy asserts on this request, and the host's own user who is
   * logged in on this request. Resolves to the id of the host user's row.
   *
   * @throws {LatchkeyError} `ERR_LOGIN_REQUIRED` when either login is missing; `ERR_TOKEN_FORBIDDEN` for a token;
   * `ERR_CROSS_ORIGIN` when the request does not come from this site; `ERR_METHOD` when the request is not a write;
   * `ERR_ACCOUNT_DISABLED` or a similar code when the user is not admitted; `ERR_ACCOUNT_LOCAL` when the asserted name
   * belongs to a local account that is not logged in on this request; `ERR_HOST_USER_LINKED` or `ERR_HOST_USER_TAKEN`
   * when either account already has another link; `ERR_HOST_USERS_UNAVAILABLE` when the host's function `current` fails
   * or takes too long; `ERR_CONFIG` without the option `hostUsers`.
   */
  linkHostUser(req: IncomingMessage): Promise<string>;
}

/** Creates `linkHostUser`. */
export function hostLinking(services: HttpServices): HostLinking {
  const { administration, resolver, provisioning, hostLinks, origins = [] } = services;

  /** Returns the id of the row of the host's user who is logged in on this request. */
  async function hostUserOf(req: IncomingMessage, links: HostLinks): Promise<string> {
    if (links.knowsCurrent) {
      const id = await links.currentRow(req);
      if (id === undefined) throw new LatchkeyError('ERR_LOGIN_REQUIRED');
      return id;
    }
    const { principal } = authResultOf(req);
    // `signIn` started the session of this local account after the host had checked the password.
    if (principal?.method !== 'session' || principal.hostUserId === undefined) {
      throw new LatchkeyError('ERR_LOGIN_REQUIRED');
    }
    return principal.hostUserId;
  }

  async function asserted(req: IncomingMessage): Promise<Account> {
    const { assertion, principal } = authResultOf(req);
    if (principal?.method === 'token') throw new LatchkeyError('ERR_TOKEN_FORBIDDEN');
    if (assertion === undefined) throw new LatchkeyError('ERR_LOGIN_REQUIRED');
    const account = await resolver.resolve(assertion);
    // A local account with this name is treated as a proxy account, because linking converts it to one.
    const judged = account && { ...account, authMethod: 'proxy' as const };
    const admission = decideAdmission(judged, 'header', provisioning);
    if (!admission.admitted) throw new LatchkeyError(admission.code);
    if (account === undefined) throw new LatchkeyError('ERR_ACCOUNT_UNKNOWN');
    return account;
  }

  async function linkHostUser(req: IncomingMessage): Promise<string> {
    if (hostLinks === undefined) {
      throw new LatchkeyError('ERR_CONFIG', { detail: 'linkHostUser() needs the option hostUsers.' });
    }
    if (req.method === 'GET' || req.method === 'HEAD') throw new LatchkeyError('ERR_METHOD');
    // Browsers send both logins with every request. Without this check, another site could link a visitor's accounts.
    assertSameOrigin(req, origins);
    const account = await asserted(req);
    const hostUserId = await hostUserOf(req, hostLinks);
    const { subject, userId, authMethod } = account;
    // The local account with this name might belong to another person. It belongs to this person only if it is linked
    // to the row of the host's user who is logged in.
    if (authMethod === 'local' && account.hostUserId !== hostUserId) throw new LatchkeyError('ERR_ACCOUNT_LOCAL');
    const by = { subject, address: addressOf(req) };
    const { users } = administration;
    const linked: User = await users.link(subject, hostUserId, { by, userId });
    if (linked.authMethod === 'local') await users.convert(subject, 'proxy', { by, userId });
    return hostUserId;
  }

  return { linkHostUser };
}
