// stores/ - the devices' part of the SQL directory. Each verb is one statement.
import { LatchkeyError } from '../errors.js';
import type { DeviceSelection, Directory } from '../ports.js';
import type { Device, User } from '../types.js';
import { type Sql, sqlState } from './sql-pool.js';
import { deviceColumns, deviceOf, userColumns, userOf } from './sql-rows.js';
import { isId, requireStorable } from './text.js';

type Devices = Pick<
  Directory,
  'createDevice' | 'findDevice' | 'listDevices' | 'renameDevice' | 'revokeDevices' | 'touchDevices'
>;

const columnsOfBoth = `${deviceColumns}, ${userColumns.map((column) => `u.${column}`).join(', ')}`;

/** Devices in SQL. */
export function sqlDevices({ run }: Sql): Devices {
  return {
    async createDevice(device: Omit<Device, 'subject' | 'lastUsedAt' | 'revokedAt'>): Promise<void> {
      const { id, userId, name, clientId, pairedBy, createdAt, expiresAt } = device;
      requireStorable(name, clientId);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'The id of a device is a UUID in lower case.' });
      }
      if (!isId(userId)) {
        throw new LatchkeyError('ERR_USER_UNKNOWN');
      }
      try {
        await run(
          `INSERT INTO latchkey_devices (id, user_id, name, client_id, paired_by, created_at, expires_at)
          VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz)
          ON CONFLICT (id) DO NOTHING`,
          [id, userId, name, clientId, pairedBy, createdAt.toISOString(), expiresAt.toISOString()],
        );
      } catch (error) {
        // foreign_key_violation: only the database can tell, should the owner be deleted at this moment.
        if (error instanceof LatchkeyError && sqlState(error.cause) === '23503') {
          throw new LatchkeyError('ERR_USER_UNKNOWN');
        }
        throw error;
      }
    },

    async findDevice(id: string): Promise<{ readonly device: Device; readonly user: User } | undefined> {
      if (!isId(id)) {
        return undefined;
      }
      const [row] = await run(
        `SELECT ${columnsOfBoth} FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
        WHERE d.id = $1::uuid`,
        [id],
      );
      return row && { device: deviceOf(row), user: userOf(row) };
    },

    async listDevices(userId: string, now: Date): Promise<readonly Device[]> {
      if (!isId(userId)) {
        return [];
      }
      const rows = await run(
        `SELECT ${deviceColumns}, u.subject FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
        WHERE d.user_id = $1::uuid AND d.revoked_at IS NULL AND d.expires_at > $2::timestamptz
        ORDER BY d.created_at DESC, d.id`,
        [userId, now.toISOString()],
      );
      return rows.map(deviceOf);
    },

    async renameDevice(userId: string, id: string, name: string): Promise<Device | undefined> {
      requireStorable(name);
      if (!isId(userId) || !isId(id)) {
        return undefined;
      }
      const [row] = await run(
        `UPDATE latchkey_devices d SET name = $3::text FROM latchkey_users u
        WHERE u.id = d.user_id AND d.id = $2::uuid AND d.user_id = $1::uuid AND d.revoked_at IS NULL
        RETURNING ${deviceColumns}, u.subject`,
        [userId, id, name],
      );
      return row && deviceOf(row);
    },

    async revokeDevices(userId: string, selection: DeviceSelection, now: Date): Promise<readonly string[]> {
      const only = selection !== 'all' && 'only' in selection ? selection.only : undefined;
      const except = selection !== 'all' && 'except' in selection ? selection.except : undefined;
      if (!isId(userId) || (only !== undefined && !isId(only))) {
        return [];
      }
      const rows = await run(
        `UPDATE latchkey_devices SET revoked_at = $2::timestamptz
        WHERE user_id = $1::uuid AND revoked_at IS NULL AND ($3::uuid IS NULL OR id = $3::uuid)
          AND ($4::uuid IS NULL OR id <> $4::uuid)
        RETURNING id`,
        // A device that cannot exist is none to spare.
        [userId, now.toISOString(), only ?? null, except !== undefined && isId(except) ? except : null],
      );
      return rows.map((row) => String(row['id'])).sort();
    },

    async touchDevices(uses: readonly { readonly id: string; readonly lastUsedAt: Date }[]): Promise<void> {
      const latest = new Map<string, Date>();
      for (const { id, lastUsedAt } of uses) {
        if (isId(id) && (latest.get(id) ?? lastUsedAt) <= lastUsedAt) {
          latest.set(id, lastUsedAt);
        }
      }
      if (latest.size === 0) {
        return;
      }
      // Locked in the order of their ids: two instances that write the same devices wait, but never for each other.
      await run(
        `WITH used AS (
          SELECT d.id, use.last_used_at FROM unnest($1::uuid[], $2::timestamptz[]) AS use (id, last_used_at)
          JOIN latchkey_devices d ON d.id = use.id ORDER BY d.id FOR NO KEY UPDATE OF d
        )
        UPDATE latchkey_devices d SET last_used_at = used.last_used_at FROM used
        WHERE d.id = used.id AND (d.last_used_at IS NULL OR d.last_used_at < used.last_used_at)`,
        [[...latest.keys()], [...latest.values()].map((lastUsedAt) => lastUsedAt.toISOString())],
      );
    },
  };
}
