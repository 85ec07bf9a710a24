// stores/ - the devices' part of the SQL directory. Each verb is one statement, but for what looks before it writes.
import { LatchkeyError } from '../errors.js';
import type { ChangeContext, DeviceQuery, DeviceSelection, DeviceUse, Directory, NewDevice } from '../ports.js';
import type { Device, User } from '../types.js';
import { renamedNote, requireStorableActor, requireVersion } from './changes.js';
import { latestUses } from './latest-uses.js';
import { writeAudit } from './sql-audit.js';
import { likeAnywhere, likeWhateverCase } from './sql-like.js';
import { type Run, type Sql, type SqlRow, sqlState } from './sql-pool.js';
import { deviceColumns, deviceOf, userColumns, userOf } from './sql-rows.js';
import { isId, isSerial, isStorable, requireStorable } from './text.js';

type Devices = Pick<
  Directory,
  | 'createDevice'
  | 'findDevice'
  | 'listDevices'
  | 'searchDevices'
  | 'renameDevice'
  | 'revokeDevices'
  | 'touchDevices'
  | 'renewDevice'
  | 'confirmRenewal'
>;

const columnsOfBoth = `${deviceColumns}, ${userColumns.map((column) => `u.${column}`).join(', ')}`;

/** Devices in SQL. */
export function sqlDevices({ run, transaction }: Sql): Devices {
  /** One UPDATE of one device; it waits for a neighbour and then looks at the row that the neighbour left. */
  async function updateOne(set: string, where: string, params: unknown[]): Promise<Device | undefined> {
    const [row] = await run(
      `UPDATE latchkey_devices d SET ${set} FROM latchkey_users u
      WHERE u.id = d.user_id AND d.revoked_at IS NULL AND ${where}
      RETURNING ${deviceColumns}, u.subject`,
      params,
    );
    return row && deviceOf(row);
  }

  return {
    async createDevice(device: NewDevice, maximum?: number, context: ChangeContext = {}): Promise<void> {
      const { id, userId, name, clientId, appVersion, platform, lastAddress } = device;
      requireStorable(name, clientId, appVersion, platform, lastAddress);
      requireStorableActor(context);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'The id of a device is a UUID in lower case.' });
      }
      if (!isId(userId)) {
        throw new LatchkeyError('ERR_USER_UNKNOWN');
      }
      try {
        await (maximum === undefined
          ? run(
              `WITH added AS (${insertion} ON CONFLICT (id) DO NOTHING ${added}) ${pairedEntry}`,
              valuesOf(device, context),
            )
          : transaction((own) => insertWithin(own, device, maximum, context)));
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

    async searchDevices(query: DeviceQuery): Promise<readonly Device[]> {
      const { search, subject, now, after, limit } = query;
      const findable = [search, subject].every((text) => text === undefined || isStorable(text));
      if (!findable || (after !== undefined && !isId(after.id))) {
        return [];
      }
      // created_at <= is for the index: without it a page would read all those before it.
      const rows = await run(
        `SELECT ${deviceColumns}, u.subject FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
        WHERE d.revoked_at IS NULL AND d.expires_at > $1::timestamptz AND ($2::text IS NULL OR u.subject = $2::text)
          AND ($3::text IS NULL OR ${likeWhateverCase(['d.name', 'd.client_id', 'u.subject'], '$3::text')})
          AND ($4::timestamptz IS NULL OR d.created_at <= $4::timestamptz
            AND (d.created_at < $4::timestamptz OR d.id > $5::uuid))
        ORDER BY d.created_at DESC, d.id LIMIT $6::integer`,
        [
          now.toISOString(),
          subject ?? null,
          search === undefined ? null : likeAnywhere(search),
          after?.createdAt.toISOString() ?? null,
          after?.id ?? null,
          limit,
        ],
      );
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
      // What alters nothing must not even lock: that would be a write.
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
        // A device that cannot exist is none to spare.
        except !== undefined && isId(except) ? except : null,
        ...actorOf(context),
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
      // Locked in the order of their ids: two instances that write the same devices wait, but never for each other.
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

    // The row that is there already is written as it is, too: what a neighbour has just begun or ended could not be
    // told from the snapshot of a statement that looks first and writes only then.
    async renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) {
        return undefined;
      }
      return updateOne(
        `renewed_at = coalesce(d.renewed_at, $3::timestamptz),
        expires_at = CASE WHEN d.renewed_at IS NULL THEN $4::timestamptz ELSE d.expires_at END`,
        'd.id = $1::uuid AND d.serial = $2::integer',
        [id, serial, renewedAt.toISOString(), expiresAt.toISOString()],
      );
    },

    async confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) {
        return undefined;
      }
      return updateOne(
        `serial = $2::integer,
        previous_until = CASE WHEN d.serial = $2::integer THEN d.previous_until ELSE $3::timestamptz END,
        renewed_at = CASE WHEN d.serial = $2::integer THEN d.renewed_at END`,
        `d.id = $1::uuid AND (d.serial = $2::integer
          OR d.serial = $2::integer - 1 AND d.renewed_at IS NOT NULL)`,
        [id, serial, previousUntil.toISOString()],
      );
    },
  };
}

const insertion = `INSERT INTO latchkey_devices
  (id, user_id, name, client_id, app_version, platform, paired_by, created_at, expires_at, last_address)
  SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz, $10::text`;

const added = 'RETURNING id, user_id, name, client_id, paired_by';

/** The entry of the audit trail for what `added` holds: nothing, where the device was there. */
const pairedEntry = `INSERT INTO latchkey_audit (actor, address, action, subject, device_id, changes)
  SELECT $11::text, $12::text, 'device.paired', u.subject, added.id, jsonb_build_object(
    'name', jsonb_build_object('to', added.name), 'clientId', jsonb_build_object('to', added.client_id),
    'pairedBy', jsonb_build_object('to', added.paired_by)
  )
  FROM added JOIN latchkey_users u ON u.id = added.user_id`;

/** Locks in the order of the ids, as touchDevices does and for the same reason. */
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
  )
  SELECT id FROM revoked`;

function actorOf({ actor }: ChangeContext): readonly [string | null, string | null] {
  return [actor?.subject ?? null, actor?.address ?? null];
}

function valuesOf(device: NewDevice, context: ChangeContext): unknown[] {
  return [
    device.id,
    device.userId,
    device.name,
    device.clientId,
    device.appVersion ?? null,
    device.platform ?? null,
    device.pairedBy,
    device.createdAt.toISOString(),
    device.expiresAt.toISOString(),
    device.lastAddress ?? null,
    ...actorOf(context),
  ];
}

/** Revoked or not. Under a lock, nobody else changes it until the transaction ends. */
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

/*
 * The owner's row is locked by a statement of its own: the one that counts has a snapshot that was taken after the wait,
 * and so sees the devices of whoever came before. In one statement it would count as of before the wait.
 */
async function insertWithin(run: Run, device: NewDevice, maximum: number, context: ChangeContext): Promise<void> {
  const owner = await run('SELECT id FROM latchkey_users WHERE id = $1::uuid FOR NO KEY UPDATE', [device.userId]);
  if (owner.length === 0) {
    throw new LatchkeyError('ERR_USER_UNKNOWN');
  }
  const [row] = await run(
    `WITH paired AS (
      SELECT count(*) >= $13::integer AS full FROM latchkey_devices
      WHERE user_id = $2::uuid AND revoked_at IS NULL AND expires_at > $8::timestamptz
    ), added AS (
      ${insertion} FROM paired WHERE NOT paired.full ON CONFLICT (id) DO NOTHING ${added}
    ), entry AS (${pairedEntry})
    SELECT paired.full AND NOT EXISTS (SELECT FROM latchkey_devices WHERE id = $1::uuid) AS refused FROM paired`,
    [...valuesOf(device, context), maximum],
  );
  if (row?.['refused'] === true) {
    throw new LatchkeyError('ERR_DEVICE_LIMIT');
  }
}
