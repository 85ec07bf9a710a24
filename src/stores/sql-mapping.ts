// stores/ - the group → role mapping's part of the SQL directory.
import { LatchkeyError } from '../errors.js';
import type { Directory } from '../ports.js';
import type { GroupRoles, RoleMapping } from '../types.js';
import type { Run, Sql } from './sql-pool.js';
import { groupRolesOf } from './sql-rows.js';
import { isStorable, requireStorable, sortedSet } from './text.js';

/** Mappings in SQL. */
export function sqlMapping(sql: Sql): Pick<Directory, 'mapping' | 'putGroupRoles' | 'deleteGroupRoles'> {
  /**
   * The statement gives a row where it takes effect. Moving the generation locks its row until the end, so edits of
   * different groups come one after the other from there on, and each reads those before it. Locks are always taken in
   * the order of group, then generation: no two edits wait for each other.
   */
  function edit(statement: string, params: unknown[]): Promise<RoleMapping> {
    return sql.transaction(async (run) => {
      const edited = await run(statement, params);
      if (edited.length > 0) {
        await run('UPDATE latchkey_mapping_generation SET generation = generation + 1');
      }
      return read(run);
    });
  }

  return {
    async mapping(): Promise<RoleMapping> {
      return read(sql.run);
    },

    async putGroupRoles({ group, roles }: GroupRoles): Promise<RoleMapping> {
      requireStorable(group, roles);
      const statement = `INSERT INTO latchkey_group_roles AS present (group_name, roles) VALUES ($1::text, $2::text[])
        ON CONFLICT (group_name) DO UPDATE SET roles = excluded.roles WHERE present.roles <> excluded.roles
        RETURNING group_name`;
      return edit(statement, [group, sortedSet(roles)]);
    },

    async deleteGroupRoles(group: string): Promise<RoleMapping> {
      if (!isStorable(group)) {
        return read(sql.run);
      }
      return edit('DELETE FROM latchkey_group_roles WHERE group_name = $1::text RETURNING group_name', [group]);
    },
  };
}

// One statement, so one snapshot: the mappings are those of this generation.
async function read(run: Run): Promise<RoleMapping> {
  const rows = await run(`SELECT generation, group_name, roles
    FROM latchkey_mapping_generation LEFT JOIN latchkey_group_roles ON true ORDER BY group_name`);
  if (rows[0] === undefined) {
    const detail = 'latchkey_mapping_generation has lost its only row: run INSERT with a generation never used before.';
    throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
  }
  return {
    generation: Number(rows[0]['generation']),
    groupRoles: rows.filter((row) => row['group_name'] !== null).map(groupRolesOf),
  };
}
