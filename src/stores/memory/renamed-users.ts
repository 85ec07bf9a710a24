// Renames and merges users in the in-memory directory.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { lowerCased } from '../../vocabulary/text-rules.js';
import type { GroupRoles, UserRow } from '../../vocabulary/types.js';
import { type AuditNote, requireStorableActor, requireUser } from '../audit-diff.js';
import { administers, groupsOf } from '../filters.js';
import { formerSubjectsOf, mergedUser, renameNotes } from '../merged-user.js';
import { byCodePoints, requireStorable } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';
import type { MemoryUserRows } from './user-rows.js';

/** The other parts of the directory that these methods need. */
export interface MemoryRenamesParts {
  readonly users: Pick<MemoryUserRows, 'findBySubject' | 'all' | 'put' | 'drop'>;
  readonly mappings: () => readonly GroupRoles[];
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
  /** Moves the devices of one user to another user. */
  readonly moveDevices: (from: UserRow, to: UserRow) => void;
}

/**
 * Creates the methods. Every method is atomic, because no method awaits anything. `async` turns thrown errors into
 * rejections.
 */
export function memoryRenames({
  users,
  mappings,
  write,
  journal,
  moveDevices,
}: MemoryRenamesParts): Required<Pick<Directory, 'findSpellings' | 'renameUser' | 'mergeUsers'>> {
  function note(context: ChangeContext, action: 'user.renamed' | 'user.merged', from: string, to: string): void {
    for (const entry of renameNotes(action, from, to)) {
      write(context, entry);
    }
    journal.append([journalKeys.user(from), journalKeys.user(to)]);
  }

  return {
    async findSpellings(subject) {
      const found = users.all().filter((user) => lowerCased(user.subject) === subject);
      return found.sort((one, other) => byCodePoints(one.subject, other.subject));
    },

    async renameUser(from, to, context = {}) {
      requireStorable(to);
      requireStorableActor(context);
      const user = users.findBySubject(from);
      requireUser(context, user);
      if (user === undefined || from === to) {
        return user;
      }
      if (users.findBySubject(to) !== undefined) {
        throw new LatchkeyError('ERR_SUBJECT_TAKEN');
      }
      const renamed = users.put(user, { subject: to, formerSubjects: formerSubjectsOf(to, user) });
      moveDevices(user, renamed);
      note(context, 'user.renamed', from, to);
      return renamed;
    },

    async mergeUsers(from, to, context = {}) {
      requireStorableActor(context);
      const [one, other] = [users.findBySubject(from), users.findBySubject(to)];
      requireUser(context, one);
      if (one === undefined || other === undefined || from === to) {
        return from === to ? one : undefined;
      }
      const fields = mergedUser(one, other);
      const { keeping } = context;
      if (keeping !== undefined) {
        const holders = groupsOf(keeping, mappings());
        const rest = users.all().filter(({ id }) => id !== one.id && id !== other.id);
        const holds = (user: UserRow): boolean => administers(user, holders);
        if ([one, other].some(holds) && ![...rest, { ...other, ...fields }].some(holds)) {
          throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
        }
      }
      users.drop(one);
      const merged = users.put(other, fields);
      moveDevices(one, merged);
      note(context, 'user.merged', from, to);
      return merged;
    },
  };
}
