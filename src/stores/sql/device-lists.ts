// Finds devices in SQLite and MySQL.
import type { Positioned } from '../../vocabulary/journal.js';
import type { DeviceAndOwner, DeviceQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Device } from '../../vocabulary/types.js';
import { isId, isStorable } from '../storable-text.js';
import { wholeNumber } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { head } from './journal-verbs.js';
import type { Condition } from './role-keys.js';
import { deviceColumns, deviceOf, userColumns, userOf } from './row-values.js';
import { firstRow, rows, type SqlSession, type Work } from './statement.js';

/** A SELECT that returns devices with the subjects of their owners. */
export const deviceSelection: string = `SELECT ${deviceColumns}, u.subject
  FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id`;

/** Look-ups of devices. */
export function sqlDeviceLists(
  dialect: Dialect,
  session: SqlSession,
): Pick<Directory, 'findDevice' | 'listDevices' | 'searchDevices'> {
  return {
    async findDevice(id: string): Promise<Positioned<DeviceAndOwner> | undefined> {
      if (!isId(id)) return undefined;
      return session.read(function* (): Work<Positioned<DeviceAndOwner> | undefined> {
        const position = yield* head();
        const row = yield* firstRow(
          `SELECT ${deviceColumns}, ${userColumns} FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
          WHERE d.id = ?`,
          [id],
        );
        return row && { device: deviceOf(row), user: userOf(row), position };
      });
    },

    async listDevices(userId: string, now: Date): Promise<readonly Device[]> {
      if (!isId(userId)) return [];
      const found = await session.read(() =>
        rows(
          `${deviceSelection} WHERE d.user_id = ? AND d.revoked_at IS NULL AND d.expires_at > ?
          ORDER BY d.created_at DESC, d.id`,
          [userId, now.getTime()],
        ),
      );
      return found.map(deviceOf);
    },

    async searchDevices(query: DeviceQuery): Promise<readonly Device[]> {
      const { search, subject, now, after, limit } = query;
      const findable = [search, subject].every((text) => text === undefined || isStorable(text));
      if (!findable || (after !== undefined && !isId(after.id))) return [];
      const conditions: Condition[] = [{ text: 'd.revoked_at IS NULL AND d.expires_at > ?', params: [now.getTime()] }];
      if (after !== undefined) {
        const created = after.createdAt.getTime();
        // The condition `created_at <=` lets the planner use the index. Without the index, a page would read the rows
        // of all earlier pages.
        const text = 'd.created_at <= ? AND (d.created_at < ? OR d.id > ?)';
        conditions.push({ text, params: [created, created, after.id] });
      }
      if (subject !== undefined) conditions.push({ text: 'u.subject = ?', params: [subject] });
      if (search !== undefined) {
        const columns = ['d.name', 'd.client_id', 'u.subject'];
        const text = columns.map((column) => dialect.contains(column)).join(' OR ');
        conditions.push({ text: `(${text})`, params: columns.map(() => search) });
      }
      const found = await session.read(() =>
        rows(
          `${deviceSelection} WHERE ${conditions.map(({ text }) => text).join(' AND ')}
          ORDER BY d.created_at DESC, d.id LIMIT ${wholeNumber(limit)}`,
          conditions.flatMap(({ params }) => params),
        ),
      );
      return found.map(deviceOf);
    },
  };
}
