// The group → role mapping methods of the in-memory directory.

import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { ChangeContext, NewMapping } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock, DirectoryMapping, Mapping } from '../../vocabulary/types.js';
import { type AuditNote, mappingNote, requireStorableActor, requireVersion, same } from '../audit-diff.js';
import { byCodePoints, requireStorable, sortedSet } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';

/** The mapping methods, and the list of mappings that the user methods need. */
export interface MemoryMapping {
  readonly verbs: Pick<Directory, 'mapping' | 'putMapping' | 'deleteMapping'>;
  all(): readonly Mapping[];
}

/** The other parts of the directory that the mapping methods need. */
export interface MemoryMappingParts {
  readonly now: Clock;
  /** Writes an entry to the audit trail. */
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
  /** Throws if this change of the mappings would take the role from all users who have it. */
  readonly requireHolders: (context: ChangeContext, before: readonly Mapping[], after: readonly Mapping[]) => void;
}

/** Creates the mapping methods in memory. */
export function memoryMapping({ now, write, journal, requireHolders }: MemoryMappingParts): MemoryMapping {
  const mappings = new Map<string, Mapping>();
  let generation = 0;
  let edits = 0;

  const all = (): readonly Mapping[] => [...mappings.values()].sort((a, b) => byCodePoints(a.group, b.group));

  function edit(group: string, next: NewMapping | undefined, context: ChangeContext): DirectoryMapping {
    requireStorableActor(context);
    const present = mappings.get(group);
    requireVersion(context, present?.version);
    if (same(present?.roles, next?.roles) && present?.note === next?.note) {
      return { generation, groupRoles: all() };
    }
    const changedBy = context.actor?.subject;
    const set: Mapping | undefined = next && {
      ...next,
      changedBy,
      changedAt: new Date(now()),
      version: edits + 1,
    };
    const others = all().filter((mapping) => mapping.group !== group);
    requireHolders(context, all(), set === undefined ? others : [...others, set]);
    edits += 1;
    if (!same(present?.roles, next?.roles)) {
      generation += 1;
    }
    if (set === undefined) {
      mappings.delete(group);
    } else {
      mappings.set(group, Object.freeze(set));
    }
    write(context, mappingNote(group, present, next));
    journal.append([journalKeys.mapping]);
    return { generation, groupRoles: all() };
  }

  return {
    all,
    verbs: {
      async mapping(): Promise<Positioned<DirectoryMapping>> {
        return { generation, groupRoles: all(), position: journal.head() };
      },

      async putMapping({ group, roles, note }: NewMapping, context: ChangeContext = {}): Promise<DirectoryMapping> {
        requireStorable(group, roles, note);
        if (roles.length === 0) {
          throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A mapping needs at least one role.' });
        }
        return edit(group, { group, roles: sortedSet(roles), note }, context);
      },

      async deleteMapping(group: string, context: ChangeContext = {}): Promise<DirectoryMapping> {
        return edit(group, undefined, context);
      },
    },
  };
}
