// The binding that says which user a session belongs to, as it is stored in the session.
import type { Owner } from '../vocabulary/types.js';
import { isOneOf, type SessionLogin, sessionLogins } from '../vocabulary/words.js';

/** A session that is not itself a login, because the header logs the user in. */
export interface HeaderBinding extends Owner {
  readonly by: 'header';
}

/** A session that is itself a login, made at the `login` route or by the host's own sign-in. */
export interface LoginBinding extends Owner {
  readonly by: SessionLogin;
  /** The id of the login, used to end it for good. */
  readonly login: string;
}

/** Which user a session belongs to, and why. */
export type Binding = HeaderBinding | LoginBinding;

/** Whether the binding names exactly this user. */
export function isOf(binding: Owner, user: Owner): boolean {
  return binding.subject === user.subject && binding.userId === user.userId;
}

/** Returns the binding that is stored in a session. `undefined`: there is none, or it is not one of ours. */
export function bindingIn(session: object): Binding | undefined {
  const value = 'latchkey' in session ? session.latchkey : undefined;
  if (typeof value !== 'object' || value === null || !('subject' in value && 'userId' in value && 'by' in value)) {
    return undefined;
  }
  const { subject, userId, by } = value;
  if (typeof subject !== 'string' || typeof userId !== 'string') return undefined;
  if (by === 'header') return { subject, userId, by };
  // A login without an id could not be ended for good.
  const login = 'login' in value ? value.login : undefined;
  if (!isOneOf(sessionLogins, by) || typeof login !== 'string' || login === '') return undefined;
  return { subject, userId, by, login };
}
