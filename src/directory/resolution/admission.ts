// Decides for every request whether its account is admitted.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { Account, PrincipalMethod, Provisioning } from '../../vocabulary/types.js';

/** A decision: the account is admitted, or refused with this error code. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly code: ErrorCode };

const admitted: Admission = { admitted: true };

/**
 * Decides whether a request with this authentication method may use the account. If an account exists, only one rule
 * takes precedence over `disabled`: a header never authenticates a local account.
 */
export function decideAdmission(
  account: Pick<Account, 'authMethod' | 'roles' | 'disabled' | 'pending'> | undefined,
  method: PrincipalMethod,
  provisioning: Provisioning,
): Admission {
  const mappedOnly = provisioning === 'mapped-groups-only';
  if (account === undefined) return refuse(mappedOnly ? 'ERR_ACCOUNT_UNMAPPED' : 'ERR_ACCOUNT_UNKNOWN');
  if (method === 'header' && account.authMethod === 'local') return refuse('ERR_ACCOUNT_LOCAL');
  if (account.disabled) return refuse('ERR_ACCOUNT_DISABLED');
  if (account.pending) return refuse('ERR_ACCOUNT_PENDING');
  if (mappedOnly && account.authMethod === 'proxy' && account.roles.size === 0) return refuse('ERR_ACCOUNT_UNMAPPED');
  return admitted;
}

function refuse(code: ErrorCode): Admission {
  return { admitted: false, code };
}
