// The device methods of the Postgres directory. Each method is one statement, unless it reads before it writes.

import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type {
  ChangeContext,
  DeviceAndOwner,
  DeviceQuery,
  DeviceSelection,
  DeviceUse,
} from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Device } from '../../vocabulary/types.js';
import { renamedNote, requireStorableActor, requireVersion } from '../audit-diff.js';
import { freshNonce } from '../journal-head.js';
import { latestUses } from '../latest-uses.js';
import { isId, isStorable, requireStorable } from '../storable-text.js';
import { actorParams, writeAudit } from './audit-queries.js';
import { searchStatement } from './device-search.js';
import { append, headColumns, joinHead, journalled, positionOf } from './journal-queries.js';
import type { Run, Sql, SqlRow } from './pool.js';
import { deviceColumns, deviceOf, userColumns, userOf } from './rows.js';

type Devices = Pick<
  Directory,
  'findDevice' | 'listDevices' | 'searchDevices' | 'renameDevice' | 'revokeDevices' | 'touchDevices'
>;

const columnsOfBoth = `${deviceColumns}, ${userColumns.map((column) => `u.${column}`).join(', ')}`;

/** Creates the device methods. */
export function sqlDevices({ run, transaction }: Sql): Devices {
  return {
    async findDevice(id: string): Promise<Positioned<DeviceAndOwner> | undefined> {
      if (!isId(id)) {
        return undefined;
      }
      const [row] = await run(
        `SELECT ${columnsOfBoth}, ${headColumns} FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
        ${joinHead} WHERE d.id = $1::uuid`,
        [id],
      );
      return row && { device: deviceOf(row), user: userOf(row), position: positionOf(row) };
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

    async searchDevices(query: DeviceQuery): Promise<readonly Device[]> {
      const { search, subject, after } = query;
      const findable = [search, subject].every((text) => text === undefined || isStorable(text));
      if (!findable || (after !== undefined && !isId(after.id))) {
        return [];
      }
      const { text, params } = searchStatement(query);
      const rows = await run(text, params);
      return rows.map(deviceOf);
    },

    async renameDevice(
      userId: string,
      id: string,
      name: string,
      context: ChangeContext = {},
    ): Promise<Device | undefined> {
      requireStorable(name);
      requireStorableActor(context);
      if (!isId(userId) || !isId(id)) {
        requireVersion(context, undefined);
        return undefined;
      }
      // A call that changes nothing must not take a lock, because a lock is a write.
      const seen = await ownDevice(run, userId, id, '');
      if (seen === undefined || !renames(seen, name)) {
        requireVersion(context, seen?.version);
        return seen && unrevoked(seen);
      }
      return transaction(async (own) => {
        const device = await ownDevice(own, userId, id, 'FOR NO KEY UPDATE OF d');
        requireVersion(context, device?.version);
        if (device === undefined || !renames(device, name)) {
          return device && unrevoked(device);
        }
        const statement = 'UPDATE latchkey_devices SET name = $2::text, version = version + 1 WHERE id = $1::uuid';
        await own(statement, [id, name]);
        await writeAudit(own, context, renamedNote(device, name));
        await append(own, [journalKeys.device(id)]);
        return { ...device, name, version: device.version + 1 };
      });
    },

    async revokeDevices(
      userId: string,
      selection: DeviceSelection,
      now: Date,
      context: ChangeContext = {},
    ): Promise<readonly string[]> {
      requireStorableActor(context);
      const only = selection !== 'all' && 'only' in selection ? selection.only : undefined;
      const except = selection !== 'all' && 'except' in selection ? selection.except : undefined;
      if (!isId(userId) || (only !== undefined && !isId(only))) {
        requireVersion(only === undefined ? {} : context, undefined);
        return [];
      }
      const params = [
        userId,
        now.toISOString(),
        only ?? null,
        // An invalid id matches no device, so there is no device to exclude.
        except !== undefined && isId(except) ? except : null,
        ...actorParams(context),
        freshNonce(),
      ];
      const ids = (rows: readonly SqlRow[]): readonly string[] => rows.map((row) => String(row['id'])).sort();
      if (only === undefined || context.version === undefined) {
        return ids(await run(revocation, params));
      }
      return transaction(async (own) => {
        requireVersion(context, (await ownDevice(own, userId, only, 'FOR NO KEY UPDATE OF d'))?.version);
        return ids(await own(revocation, params));
      });
    },

    async touchDevices(uses: readonly DeviceUse[]): Promise<void> {
      const latest = latestUses(uses, ({ id, lastUsedAt }) => ({ id, at: lastUsedAt }));
      requireStorable(...latest.map(({ lastAddress }) => lastAddress));
      if (latest.length === 0) {
        return;
      }
      // Rows are locked in the order of their ids, so that two instances cannot deadlock if they write the same
      // devices.
      await run(
        `WITH used AS (
          SELECT d.id, use.at, use.address
          FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS use (id, at, address)
          JOIN latchkey_devices d ON d.id = use.id ORDER BY d.id FOR NO KEY UPDATE OF d
        )
        UPDATE latchkey_devices d SET last_used_at = used.at, last_address = coalesce(used.address, d.last_address)
        FROM used WHERE d.id = used.id AND (d.last_used_at IS NULL OR d.last_used_at < used.at)`,
        [
          latest.map(({ id }) => id),
          latest.map(({ lastUsedAt }) => lastUsedAt.toISOString()),
          latest.map(({ lastAddress }) => lastAddress ?? null),
        ],
      );
    },
  };
}

/** Revokes devices. Locks rows in the order of their ids, which prevents deadlocks. `touchDevices` does the same. */
const revocation = `WITH selected AS (
    SELECT d.id FROM latchkey_devices d WHERE d.user_id = $1::uuid AND d.revoked_at IS NULL
      AND ($3::uuid IS NULL OR d.id = $3::uuid) AND ($4::uuid IS NULL OR d.id <> $4::uuid)
    ORDER BY d.id FOR NO KEY UPDATE OF d
  ), revoked AS (
    UPDATE latchkey_devices d SET revoked_at = $2::timestamptz, version = d.version + 1
    FROM selected, latchkey_users u WHERE d.id = selected.id AND u.id = d.user_id AND d.revoked_at IS NULL
    RETURNING d.id, d.name, u.subject
  ), entries AS (
    INSERT INTO latchkey_audit (actor, address, action, subject, device_id, changes)
    SELECT $5::text, $6::text, 'device.revoked', subject, id,
      jsonb_build_object('name', jsonb_build_object('from', name))
    FROM revoked ORDER BY id
  ), ${journalled(`SELECT array_agg('${journalKeys.device('')}' || id ORDER BY id) AS keys FROM revoked HAVING count(*) > 0`, '$7')}
  SELECT id FROM revoked`;

/**
 * Finds a device of the user, even if the device is revoked. If a lock is given, the device cannot change until the
 * transaction ends.
 */
async function ownDevice(
  run: Run,
  userId: string,
  id: string,
  lock: '' | 'FOR NO KEY UPDATE OF d',
): Promise<Device | undefined> {
  const [row] = await run(
    `SELECT ${deviceColumns}, u.subject FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
    WHERE d.id = $1::uuid AND d.user_id = $2::uuid ${lock}`,
    [id, userId],
  );
  return row && deviceOf(row);
}

function renames(device: Device, name: string): boolean {
  return device.revokedAt === undefined && device.name !== name;
}

function unrevoked(device: Device): Device | undefined {
  return device.revokedAt === undefined ? device : undefined;
}
