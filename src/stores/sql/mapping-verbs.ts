// The group → role mapping in SQLite and MySQL.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { ChangeContext, NewMapping, RoleHolders } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { DirectoryMapping, GroupRoles } from '../../vocabulary/types.js';
import { mappingNote, requireVersion, same } from '../audit-diff.js';
import { generationLost } from '../journal-head.js';
import { isStorable, sortedSet } from '../storable-text.js';
import { requireFittingActor, writeAudit } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { append, head } from './journal-verbs.js';
import { guardOf, lockMapping, requireHolderWithout } from './last-holder.js';
import { mappingOf } from './row-values.js';
import { firstRow, rows, type SqlSession, type Work, write } from './statement.js';
import { requireFitting, requireSome } from './text-lengths.js';

/** Mappings. */
export function sqlMapping(
  dialect: Dialect,
  session: SqlSession,
): Pick<Directory, 'mapping' | 'putMapping' | 'deleteMapping'> {
  /** The lock on the generation's row serializes edits, so each edit reads the result of the previous edit. */
  function* edit(group: string, next: NewMapping | undefined, context: ChangeContext): Work<DirectoryMapping> {
    yield* lockMapping(dialect);
    const table = yield* readMapping();
    const present = table.groupRoles.find((mapping) => mapping.group === group);
    requireVersion(context, present?.version);
    const moves = !same(present?.roles, next?.roles);
    if (!moves && present?.note === next?.note) return table;
    const keeping = guardOf(context);
    // Users can lose the role only if this mapping gives the role before the edit and does not give it afterwards.
    if (keeping !== undefined && gives(present, keeping) && !gives(next, keeping)) {
      yield* requireHolderWithout(dialect, keeping, group);
    }
    yield* write('UPDATE latchkey_mapping_generation SET edits = edits + 1, generation = generation + ?', [
      moves ? 1 : 0,
    ]);
    yield* write('DELETE FROM latchkey_group_roles WHERE group_name = ?', [group]);
    if (next !== undefined) {
      // The versions of all mappings come from one counter, so the version of a deleted mapping is never reused.
      yield* write(
        `INSERT INTO latchkey_group_roles (group_name, roles, note, changed_by, changed_at, version)
        SELECT ?, ?, ?, ?, ${dialect.now}, edits FROM latchkey_mapping_generation`,
        [group, JSON.stringify(next.roles), next.note ?? null, context.actor?.subject ?? null],
      );
    }
    yield* writeAudit(dialect, context, mappingNote(group, present, next));
    const edited = yield* readMapping();
    yield* append(dialect, [journalKeys.mapping]);
    return edited;
  }

  return {
    async mapping(): Promise<Positioned<DirectoryMapping>> {
      return session.read(function* (): Work<Positioned<DirectoryMapping>> {
        const position = yield* head();
        return { ...(yield* readMapping()), position };
      });
    },

    async putMapping({ group, roles, note }: NewMapping, context: ChangeContext = {}): Promise<DirectoryMapping> {
      requireFitting('name', group, roles);
      requireFitting('note', note);
      requireSome(group, note);
      requireFittingActor(context);
      if (roles.length === 0) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A mapping needs at least one role.' });
      }
      return session.change(() => edit(group, { group, roles: sortedSet(roles), note }, context));
    },

    async deleteMapping(group: string, context: ChangeContext = {}): Promise<DirectoryMapping> {
      requireFittingActor(context);
      if (!isStorable(group)) {
        requireVersion(context, undefined);
        return session.read(readMapping);
      }
      return session.change(() => edit(group, undefined, context));
    },
  };
}

function gives(mapping: GroupRoles | undefined, { role }: RoleHolders): boolean {
  return mapping?.roles.includes(role) === true;
}

/**
 * Reads all mappings with their generation. Reads the number of edits before and after the mappings, and starts again
 * if this number has changed. A single read is not sufficient, because InnoDB can show the generation of an edit
 * without the mapping of an earlier edit.
 */
function* readMapping(): Work<DirectoryMapping> {
  let before = yield* generation();
  for (;;) {
    const found = yield* rows(
      'SELECT group_name, roles, note, changed_by, changed_at, version FROM latchkey_group_roles ORDER BY group_name',
    );
    const after = yield* generation();
    if (after.edits === before.edits) {
      return { generation: after.generation, groupRoles: found.map(mappingOf) };
    }
    before = after;
  }
}

function* generation(): Work<{ readonly generation: number; readonly edits: number }> {
  const row = yield* firstRow('SELECT generation, edits FROM latchkey_mapping_generation');
  if (row === undefined) throw generationLost();
  return { generation: Number(row['generation']), edits: Number(row['edits']) };
}
