// Defines the binding, which is stored in a session and identifies the user of the session.
import type { Owner } from '../vocabulary/types.js';
import { isOneOf, type SessionLogin, sessionLogins } from '../vocabulary/words.js';

/** The binding of a session that only stores data, because the header logs the user in. */
export interface HeaderBinding extends Owner {
  readonly by: 'header';
}

/**
 * The binding of a session that logs the user in. The login was made by the route `login` or by the host's own sign-in.
 */
export interface LoginBinding extends Owner {
  readonly by: SessionLogin;
  /** The id of the login, which Latchkey needs to end the login permanently. */
  readonly login: string;
}

/** Identifies the user of a session, and shows how this user logs in. */
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
  // A login without an id is not accepted, because Latchkey could not end it permanently.
  const login = 'login' in value ? value.login : undefined;
  if (!isOneOf(sessionLogins, by) || typeof login !== 'string' || login === '') return undefined;
  return { subject, userId, by, login };
}
