// A users table of a host in memory, and the functions by which a host offers it.
import { setImmediate as turn } from 'node:timers/promises';
import type { HostUser, HostUsers, NewHostUser } from '../../src/directory/resolution/host-users.js';

/** A row of the table. */
export interface HostRow extends HostUser {
  readonly id: number;
  readonly name: string;
  readonly createdFor: string | null;
}

/** The table, and what was called. */
export interface HostTable extends HostUsers {
  readonly rows: readonly HostRow[];
  readonly calls: string[];
  /** Adds an account of the host's own. */
  local(name: string): HostRow;
}

/** Makes a table. Its functions take a few turns of the event loop, as those of a database do. */
export function hostTable(more: Partial<HostUsers> = {}): HostTable {
  const rows: HostRow[] = [];
  const calls: string[] = [];
  const add = (name: string, createdFor: string | null): HostRow => {
    const known = rows.find((row) => row.name === name);
    if (known !== undefined) return known;
    const row = { id: rows.length + 1, name, createdFor };
    rows.push(row);
    return row;
  };
  return {
    rows,
    calls,
    local: (name) => add(name, null),
    async find(subject) {
      calls.push(`find ${subject}`);
      await turn();
      return rows.find(({ name }) => name === subject);
    },
    async create({ subject, userId }: NewHostUser) {
      calls.push(`create ${subject}`);
      await turn();
      return add(subject, userId);
    },
    ...more,
  };
}
