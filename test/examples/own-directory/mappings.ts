// own-directory: the group → role mapping and its generation.
import {
  type ChangeContext,
  type Directory,
  type DirectoryMapping,
  type GroupRoles,
  journalKeys,
  LatchkeyError,
  type Mapping,
  type NewMapping,
  type RoleHolders,
} from 'latchkey';
import { differences, requireVersion, writeAudit } from './audit.js';
import type { Database, Row, Session } from './database.js';
import { guard, lockCounters, textsIn } from './holders.js';
import { append, head } from './journal.js';
import { optional, textsOf } from './rows.js';
import { isStorable, likeOf, requireStorable, same, sortedSet } from './values.js';

type Mappings = Pick<Directory, 'mapping' | 'putMapping' | 'deleteMapping' | 'countGroupSets'>;

/** The mappings in MariaDB. */
export function mappings(database: Database): Mappings {
  function edit(group: string, next: NewMapping | undefined, context: ChangeContext): Promise<DirectoryMapping> {
    return database.transaction(async (session) => {
      await lockCounters(session);
      const { before, after } = await guard(session, context);
      const present = (await read(session)).groupRoles.find((mapping) => mapping.group === group);
      requireVersion(context, present?.version);
      const changes = differences(
        { roles: present?.roles, note: present?.note },
        { roles: next?.roles, note: next?.note },
      );
      if (Object.keys(changes).length > 0) {
        // Users can lose the role only if the mapping gave it before and does not give it now.
        if (gives(present, context.keeping) && !gives(next, context.keeping)) await before();
        const moves = same(present?.roles, next?.roles) ? 0 : 1;
        // The versions of all mappings come from one counter, so that none is used again after a mapping was deleted.
        const counted = 'SET generation = generation + ?, mapping_version = mapping_version + 1';
        await session.write(`UPDATE latchkey_counters ${counted}`, [moves]);
        await (next === undefined ? remove(session, group) : put(session, next, context));
        await after();
        await writeAudit(session, context, {
          action: next === undefined ? 'mapping.deleted' : 'mapping.set',
          group,
          changes,
        });
      }
      const edited = await read(session);
      if (Object.keys(changes).length > 0) await append(session, [journalKeys.mapping]);
      return edited;
    });
  }

  return {
    async mapping() {
      const position = await head(database);
      return { ...(await read(database)), position };
    },

    async putMapping({ group, roles, note }, context = {}) {
      requireStorable(group, roles, note, context.actor?.subject);
      if (roles.length === 0) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A mapping needs at least one role.' });
      }
      return edit(group, { group, roles: sortedSet(roles), ...(note === undefined ? {} : { note }) }, context);
    },

    deleteMapping: (group, context = {}) => edit(group, undefined, context),

    async countGroupSets(group) {
      if (!isStorable(group)) return [];
      const rows = await database.rows(
        `SELECT a.latchkey_groups, COUNT(*) AS users FROM accounts AS a
        WHERE a.latchkey_method = 'proxy' AND EXISTS (
          SELECT 1 FROM ${textsIn('a.latchkey_groups')} AS asserted WHERE asserted.name LIKE ? ESCAPE '!'
        )
        GROUP BY a.latchkey_groups`,
        [likeOf(group)],
      );
      return rows.map((row) => ({ groups: textsOf(row['latchkey_groups']), users: Number(row['users']) }));
    },
  };
}

function gives(mapping: GroupRoles | undefined, keeping: RoleHolders | undefined): boolean {
  return keeping !== undefined && mapping?.roles.includes(keeping.role) === true;
}

// One statement reads from one snapshot, so the mappings belong to this generation.
async function read(session: Session): Promise<DirectoryMapping> {
  const rows =
    await session.rows(`SELECT c.generation, m.group_name, m.roles, m.note, m.changed_by, m.changed_at, m.version
    FROM latchkey_counters AS c LEFT JOIN latchkey_mappings AS m ON TRUE ORDER BY m.group_name`);
  if (rows[0] === undefined) {
    const detail = 'latchkey_counters is empty: insert one row with counts that were never used before.';
    throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
  }
  return {
    generation: Number(rows[0]['generation']),
    groupRoles: rows.filter((row) => row['group_name'] !== null).map(mappingOf),
  };
}

async function put(session: Session, { group, roles, note }: NewMapping, { actor }: ChangeContext): Promise<void> {
  await session.write(
    `REPLACE INTO latchkey_mappings (group_name, pattern, roles, note, changed_by, changed_at, version)
    SELECT ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), mapping_version FROM latchkey_counters`,
    [group, likeOf(group), JSON.stringify(roles), note ?? null, actor?.subject ?? null],
  );
}

async function remove(session: Session, group: string): Promise<void> {
  await session.write('DELETE FROM latchkey_mappings WHERE group_name = ?', [group]);
}

function mappingOf(row: Row): Mapping {
  return {
    group: String(row['group_name']),
    roles: textsOf(row['roles']),
    ...optional('note', row['note'], String),
    ...optional('changedBy', row['changed_by'], String),
    changedAt: row['changed_at'] as Date,
    version: Number(row['version']),
  };
}
