// Defines the binding, which is stored in a session and says to which user the session belongs.
import type { Owner } from '../vocabulary/types.js';
import { isOneOf, type SessionLogin, sessionLogins } from '../vocabulary/words.js';

/** The binding of a session that is not itself a login, because the header logs the user in. */
export interface HeaderBinding extends Owner {
  readonly by: 'header';
}

/** The binding of a session that is itself a login, by the route `login` or by the host's own sign-in. */
export interface LoginBinding extends Owner {
  readonly by: SessionLogin;
  /** The id of the login, which is needed to end the login for good. */
  readonly login: string;
}

/** Says to which user a session belongs, and why. */
export type Binding = HeaderBinding | LoginBinding;

/** Returns whether the binding names exactly this user. */
export function isOf(binding: Owner, user: Owner): boolean {
  return binding.subject === user.subject && binding.userId === user.userId;
}

/**
 * Returns the binding that is stored in a session. Returns `undefined` if there is no binding, or if the binding is
 * invalid.
 */
export function bindingIn(session: object): Binding | undefined {
  const value = 'latchkey' in session ? session.latchkey : undefined;
  if (typeof value !== 'object' || value === null || !('subject' in value && 'userId' in value && 'by' in value)) {
    return undefined;
  }
  const { subject, userId, by } = value;
  if (typeof subject !== 'string' || typeof userId !== 'string') return undefined;
  if (by === 'header') return { subject, userId, by };
  // A login without an id is not accepted, because such a login could not be ended for good.
  const login = 'login' in value ? value.login : undefined;
  if (!isOneOf(sessionLogins, by) || typeof login !== 'string' || login === '') return undefined;
  return { subject, userId, by, login };
}
