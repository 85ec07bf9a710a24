// Builds the statement that searches the devices of all users.
import type { DeviceQuery } from '../../vocabulary/port-values.js';
import { all, type Parameters, parameters } from './query-parameters.js';
import { deviceColumns } from './rows.js';
import { nearby, rarePage, searchFor } from './text-search.js';

/**
 * Builds the statement for one page of a list. Conditions that the query leaves open are omitted, because they would
 * prevent the use of an index.
 */
export function searchStatement(query: DeviceQuery): { readonly text: string; readonly params: unknown[] } {
  const { search, subject, now, after, limit } = query;
  const params = parameters();
  const length = params.add(limit, 'integer');
  const following = after === undefined ? 'true' : behind(after, params);
  const live = `d.revoked_at IS NULL AND d.expires_at > ${params.add(now.toISOString(), 'timestamptz')} AND ${following}`;
  const found = search === undefined ? undefined : searchFor(search, params);
  const exact = all([
    ...(subject === undefined ? [] : [`u.subject = ${params.add(subject, 'text')}`]),
    ...(found === undefined ? [] : [found.in(['d.name', 'd.client_id', 'u.subject'])]),
  ]);
  const both = 'latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id';
  const columns = `${deviceColumns}, u.subject`;
  const order = 'd.created_at DESC, d.id';
  // A user has few devices, so a search in the devices of one user needs no text index.
  const likely = subject === undefined ? found?.likely() : undefined;
  if (found === undefined || likely === undefined) {
    const text = `SELECT ${columns} FROM ${both} WHERE ${live} AND ${exact} ORDER BY ${order} LIMIT ${length}`;
    return { text, params: params.values };
  }
  // OFFSET prevents the planner from joining the whole tables, so that only a few rows are looked up.
  const owner = 'CROSS JOIN LATERAL (SELECT u.subject FROM latchkey_users u WHERE u.id = d.user_id OFFSET 0) AS u';
  const page = rarePage({
    near: `FROM (SELECT * FROM latchkey_devices d WHERE ${following} ORDER BY ${order} LIMIT ${nearby(length)}) AS d
      ${owner} WHERE ${live} AND ${exact}`,
    anywhere: `FROM (
        SELECT * FROM latchkey_devices d WHERE ${live} AND ${likely.inDevice}
        UNION ALL SELECT d.* FROM (
          SELECT u.id FROM latchkey_users u WHERE ${likely.inSubject} AND ${found.in(['u.subject'])}
        ) AS owner, LATERAL (SELECT * FROM latchkey_devices d WHERE d.user_id = owner.id AND ${live} OFFSET 0) AS d
      ) AS d ${owner} WHERE ${exact}`,
    columns,
    order: 'paired_at DESC, device_id',
    limit: length,
  });
  return { text: `WITH ${page}`, params: params.values };
}

function behind({ id, createdAt }: NonNullable<DeviceQuery['after']>, params: Parameters): string {
  const created = params.add(createdAt.toISOString(), 'timestamptz');
  // The condition `created_at <=` lets the planner use the index. Without the index, a page would read the rows of all
  // earlier pages.
  return `d.created_at <= ${created} AND (d.created_at < ${created} OR d.id > ${params.add(id, 'uuid')})`;
}
