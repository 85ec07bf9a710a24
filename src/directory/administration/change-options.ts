// Defines and checks the options of a change: its author, and the version that the row must have.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { ChangeContext } from '../../vocabulary/port-values.js';
import type { Actor, UserRow } from '../../vocabulary/types.js';
import { checkAddress, checkKnownSubject } from './field-rules.js';

/** The options of a change. */
export interface ChangeOptions {
  /**
   * The author of the change, as named in the audit trail and in events. By default, the author is the host's own code.
   */
  readonly by?: Actor | undefined;
  /**
   * The version that the row must have. If the row has another version, the call rejects with `ERR_VERSION`. Default:
   * any.
   */
  readonly version?: number | undefined;
}

/** The options of a change to a user. */
export interface UserChangeOptions extends ChangeOptions {
  /**
   * The id that the user must have. If the user has another id, the call rejects with `ERR_VERSION`. This check
   * protects a new user who has the same subject as a deleted user. Default: any.
   */
  readonly userId?: string | undefined;
  /**
   * The user's row, if you have just read it. Passing the row saves the directory one read and has no other effect. By
   * default, the directory reads the row.
   */
  readonly current?: UserRow | undefined;
}

/** The options of a rename. */
export interface RenameOptions extends UserChangeOptions {
  /**
   * `true` merges the two users, as the function `merge` does, if a user with the new subject already exists. Default
   * `false`.
   */
  readonly merge?: boolean | undefined;
}

/**
 * Checks the options and returns them in the form that the directory expects.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the version is not a whole number, or the actor's address is unusable.
 * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the actor's subject is unusable.
 */
export function contextOf({
  by,
  version,
}: {
  readonly by?: Actor | undefined;
  readonly version?: number | 'none' | undefined;
}): ChangeContext {
  if (version !== undefined && version !== 'none' && !Number.isSafeInteger(version)) {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'version: expected a whole number, saw something else.' });
  }
  return {
    actor: by === undefined ? undefined : checkedActor(by),
    version,
  };
}

/** Returns the event's field `by`, which names the author of a change. */
export function byWhom(by: Actor | undefined): { readonly by?: string | undefined } {
  return { by: by?.subject };
}

function checkedActor({ subject, address }: Actor): Actor {
  return {
    subject: subject === undefined ? undefined : checkKnownSubject(subject),
    address: address === undefined || address === '' ? undefined : checkAddress(address),
  };
}
