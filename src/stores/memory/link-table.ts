// Links users to the host's own users, in the in-memory directory.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { type AuditNote, linkNote, requireStorableActor, requireVersion } from '../audit-diff.js';
import { requireStorable } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';
import type { MemoryUserRows } from './user-rows.js';

/** The other parts of the directory that the link method needs. */
export interface MemoryLinksParts {
  readonly users: Pick<MemoryUserRows, 'findById' | 'all' | 'put'>;
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
}

/** Creates the method `linkHostUser`. */
export function memoryLinks({ users, write, journal }: MemoryLinksParts): Required<Pick<Directory, 'linkHostUser'>> {
  return {
    // This method is atomic, because it awaits nothing. `async` turns thrown errors into rejections.
    async linkHostUser(userId, hostUserId, context) {
      requireStorable(hostUserId);
      requireStorableActor(context ?? {});
      const user = users.findById(userId);
      requireVersion(context ?? {}, user?.version);
      if (user === undefined) {
        return undefined;
      }
      if (hostUserId === undefined ? user.hostUserId === undefined : user.hostUserId !== undefined) {
        return { changed: false, user };
      }
      if (hostUserId !== undefined && users.all().some((other) => other.hostUserId === hostUserId)) {
        throw new LatchkeyError('ERR_HOST_USER_TAKEN');
      }
      if (context !== undefined) {
        write(context, linkNote(user, hostUserId));
      }
      journal.append([journalKeys.user(user.subject)]);
      return { changed: true, user: users.put(user, { hostUserId }) };
    },
  };
}
