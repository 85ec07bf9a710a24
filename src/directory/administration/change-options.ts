// What goes with a change: who makes it, and what they have seen.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { ChangeContext } from '../../vocabulary/port-values.js';
import type { Actor, UserRow } from '../../vocabulary/types.js';
import { checkAddress, checkKnownSubject } from './field-rules.js';

/** What goes with a change. */
export interface ChangeOptions {
  /** Who makes it, for the audit trail and the events. Default: the host's own code. */
  readonly by?: Actor | undefined;
  /** The version that the row must have, or else the change rejects with `ERR_VERSION`. Default: any. */
  readonly version?: number | undefined;
}

/** What goes with a change to a user. */
export interface UserChangeOptions extends ChangeOptions {
  /**
   * The id that the user must have, or else the change rejects with `ERR_VERSION`: a subject that was removed can come back
   * as another user. Default: any.
   */
  readonly userId?: string | undefined;
  /** The user as you have just read them: it spares the directory a reading, and decides nothing. Default: it is read. */
  readonly seen?: UserRow | undefined;
}

/** The options as the directory takes them. Throws `ERR_CONFIG` for a version that is none, and for an unusable actor. */
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
    ...(by === undefined ? {} : { actor: checkedActor(by) }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The member of an event that names who it was. */
export function byWhom(by: Actor | undefined): { readonly by?: string } {
  return by?.subject === undefined ? {} : { by: by.subject };
}

function checkedActor({ subject, address }: Actor): Actor {
  return {
    ...(subject === undefined ? {} : { subject: checkKnownSubject(subject) }),
    ...(address === undefined || address === '' ? {} : { address: checkAddress(address) }),
  };
}
