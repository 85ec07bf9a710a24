// The group → role mapping methods of the Postgres directory.

import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { ChangeContext, NewMapping, RoleHolders } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { DirectoryMapping, GroupRoles, Mapping } from '../../vocabulary/types.js';
import { mappingNote, requireStorableActor, requireVersion, same } from '../audit-diff.js';
import { isStorable, requireStorable, sortedSet } from '../storable-text.js';
import { writeAudit } from './audit-queries.js';
import { append, headColumns, joinHead, positionOf } from './journal-queries.js';
import type { Run, Sql } from './pool.js';
import { guarded, lockMapping, requireGeneration } from './role-guard.js';

/** Creates the mapping methods. */
export function sqlMapping(sql: Sql): Pick<Directory, 'mapping' | 'putMapping' | 'deleteMapping'> {
  /** The lock on the generation's row serializes edits, so each edit reads the result of the previous edit. */
  async function edit(group: string, next: NewMapping | undefined, context: ChangeContext): Promise<DirectoryMapping> {
    requireStorableActor(context);
    return guarded(sql, context.keeping, async (run, lets) => {
      await lockMapping(run);
      const table = unpositioned(await read(run));
      const present = table.groupRoles.find((mapping) => mapping.group === group);
      requireVersion(context, present?.version);
      const moves = !same(present?.roles, next?.roles);
      if (!moves && present?.note === next?.note) {
        return table;
      }
      // Users can lose the role only if this mapping gives the role before the edit and does not give it afterwards.
      if (gives(present, context.keeping) && !gives(next, context.keeping)) {
        const again = await lets({ group });
        if (again !== undefined) {
          return again;
        }
      }
      const [counted] = await run(
        `UPDATE latchkey_mapping_generation SET edits = edits + 1, generation = generation + $1::integer
        RETURNING edits`,
        [moves ? 1 : 0],
      );
      await (next === undefined
        ? run('DELETE FROM latchkey_group_roles WHERE group_name = $1::text', [group])
        : run(
            `INSERT INTO latchkey_group_roles (group_name, roles, note, changed_by, changed_at, version)
            VALUES ($1::text, $2::text[], $3::text, $4::text, now(), $5::integer)
            ON CONFLICT (group_name) DO UPDATE SET (roles, note, changed_by, changed_at, version)
              = (excluded.roles, excluded.note, excluded.changed_by, excluded.changed_at, excluded.version)`,
            [group, next.roles, next.note ?? null, context.actor?.subject ?? null, counted?.['edits']],
          ));
      await writeAudit(run, context, mappingNote(group, present, next));
      const edited = unpositioned(await read(run));
      await append(run, [journalKeys.mapping]);
      return edited;
    });
  }

  return {
    async mapping(): Promise<Positioned<DirectoryMapping>> {
      return read(sql.run);
    },

    async putMapping({ group, roles, note }: NewMapping, context: ChangeContext = {}): Promise<DirectoryMapping> {
      requireStorable(group, roles, note);
      if (roles.length === 0) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A mapping needs at least one role.' });
      }
      return edit(group, { group, roles: sortedSet(roles), note }, context);
    },

    async deleteMapping(group: string, context: ChangeContext = {}): Promise<DirectoryMapping> {
      if (!isStorable(group)) {
        requireVersion(context, undefined);
        return unpositioned(await read(sql.run));
      }
      return edit(group, undefined, context);
    },
  };
}

function gives(mapping: GroupRoles | undefined, keeping: RoleHolders | undefined): boolean {
  return keeping !== undefined && mapping?.roles.includes(keeping.role) === true;
}

// A single statement reads the generation and the mappings, so both come from the same snapshot. The mappings are one
// text in JSON, because a driver needs much longer for thousands of rows with arrays and dates. The text is not of the
// type `json`, because the host might have changed how its driver parses that type.
const readStatement = `SELECT m.generation, ${headColumns}, (
    SELECT json_agg(json_build_array(group_name, roles, note, changed_by, floor(extract(epoch FROM changed_at) * 1000),
      version) ORDER BY group_name)::text FROM latchkey_group_roles
  ) AS mappings
  FROM (SELECT generation FROM latchkey_mapping_generation LIMIT 1) m ${joinHead}`;

async function read(run: Run): Promise<Positioned<DirectoryMapping>> {
  const [first] = requireGeneration(await run(readStatement));
  const { mappings } = first;
  return {
    generation: Number(first['generation']),
    groupRoles: typeof mappings === 'string' ? (JSON.parse(mappings) as JsonMapping[]).map(mappingOf) : [],
    position: positionOf(first),
  };
}

/** A mapping in the text of `readStatement`: group, roles, note, author, milliseconds since the epoch, version. */
type JsonMapping = readonly [string, readonly string[], string | null, string | null, number, number];

function mappingOf([group, roles, note, changedBy, changedAt, version]: JsonMapping): Mapping {
  return {
    group,
    roles: sortedSet(roles),
    note: note ?? undefined,
    changedBy: changedBy ?? undefined,
    changedAt: new Date(changedAt),
    version,
  };
}

/**
 * Omits the position. An edit reads the mappings and the head before it adds its journal row, so the head is older than
 * the mappings.
 */
function unpositioned({ generation, groupRoles }: DirectoryMapping): DirectoryMapping {
  return { generation, groupRoles };
}
