// own-directory: pairing, finding, renaming and revoking devices.
import { type Device, type Directory, journalKeys, LatchkeyError, type NewDevice } from 'latchkey';
import { differences, requireVersion, writeAudit } from './audit.js';
import { type Database, limited, type Parameter, type Session } from './database.js';
import { append, head } from './journal.js';
import { deviceColumns, deviceOf, userColumns, userOf } from './rows.js';
import { isId, isStorable, likeAnywhere, requireStorable } from './values.js';

type Devices = Pick<
  Directory,
  'createDevice' | 'findDevice' | 'listDevices' | 'searchDevices' | 'renameDevice' | 'revokeDevices'
>;

const selection = `SELECT ${deviceColumns} FROM latchkey_devices AS d JOIN accounts AS a ON a.latchkey_id = d.user_id`;

/** Reads and locks the device. No other transaction can change it until this one ends. */
export async function lockDevice(session: Session, id: string): Promise<Device | undefined> {
  // Two statements, because one would also lock the owner's row. Pairing locks the owner first, so that could deadlock.
  await session.rows('SELECT id FROM latchkey_devices WHERE id = ? FOR UPDATE', [id]);
  const [row] = await session.rows(`${selection} WHERE d.id = ?`, [id]);
  return row && deviceOf(row);
}

/** The devices in MariaDB. */
export function devices(database: Database): Devices {
  return {
    async createDevice(device, maximum, context = {}) {
      const { id, userId, name, clientId, pairedBy } = device;
      requireStorable(name, clientId, device.appVersion, device.platform, device.lastAddress);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A device id must be a lowercase UUID.' });
      }
      await database.transaction(async (session) => {
        // Pairing locks the owner's row, so that no other pairing of this owner can count the devices meanwhile.
        const owners = 'SELECT login FROM accounts WHERE latchkey_id = ? FOR UPDATE';
        const [owner] = isId(userId) ? await session.rows(owners, [userId]) : [];
        if (owner === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
        const there = await session.rows('SELECT id FROM latchkey_devices WHERE id = ?', [id]);
        if (there.length > 0) return;
        if (maximum !== undefined && (await countActive(session, userId, device.createdAt)) >= maximum) {
          throw new LatchkeyError('ERR_DEVICE_LIMIT');
        }
        await insert(session, device);
        const changes = differences({}, { name, clientId, pairedBy });
        const note = { action: 'device.paired', subject: String(owner['login']), deviceId: id, changes } as const;
        await writeAudit(session, context, note);
      });
    },

    async findDevice(id) {
      if (!isId(id)) return undefined;
      const position = await head(database);
      const [row] = await database.rows(
        `SELECT ${deviceColumns}, ${userColumns} FROM latchkey_devices AS d
        JOIN accounts AS a ON a.latchkey_id = d.user_id WHERE d.id = ?`,
        [id],
      );
      return row && { device: deviceOf(row), user: userOf(row), position };
    },

    async listDevices(userId, now) {
      if (!isId(userId)) return [];
      const rows = await database.rows(
        `${selection} WHERE d.user_id = ? AND d.revoked_at IS NULL AND d.expires_at > ? ORDER BY d.created_at DESC, d.id`,
        [userId, now],
      );
      return rows.map(deviceOf);
    },

    async searchDevices({ search, subject, now, after, limit }) {
      if ([search, subject].some((text) => text !== undefined && !isStorable(text))) return [];
      if (after !== undefined && !isId(after.id)) return [];
      const conditions = ['d.revoked_at IS NULL', 'd.expires_at > ?'];
      const params: Parameter[] = [now];
      if (subject !== undefined) {
        conditions.push('a.login = ?');
        params.push(subject);
      }
      if (search !== undefined) {
        const found = ['d.name', 'd.client_id', 'a.login'].map((column) => `LOWER(${column}) LIKE LOWER(?) ESCAPE '!'`);
        conditions.push(`(${found.join(' OR ')})`);
        params.push(...found.map(() => likeAnywhere(search)));
      }
      if (after !== undefined) {
        conditions.push('(d.created_at < ? OR d.created_at = ? AND d.id > ?)');
        params.push(after.createdAt, after.createdAt, after.id);
      }
      const rows = await database.rows(
        `${selection} WHERE ${conditions.join(' AND ')} ORDER BY d.created_at DESC, d.id ${limited(limit)}`,
        params,
      );
      return rows.map(deviceOf);
    },

    async renameDevice(userId, id, name, context = {}) {
      requireStorable(name);
      return database.transaction(async (session) => {
        const device = await lockDeviceOf(session, userId, id);
        requireVersion(context, device?.version);
        if (device === undefined || device.revokedAt !== undefined) return undefined;
        if (device.name === name) return device;
        await session.write('UPDATE latchkey_devices SET name = ?, version = version + 1 WHERE id = ?', [name, id]);
        const changes = differences({ name: device.name }, { name });
        const { subject } = device;
        await writeAudit(session, context, { action: 'device.renamed', subject, deviceId: id, changes });
        await append(session, [journalKeys.device(id)]);
        return { ...device, name, version: device.version + 1 };
      });
    },

    async revokeDevices(userId, which, now, context = {}) {
      return database.transaction(async (session) => {
        const revoked: string[] = [];
        for (const id of await selected(session, userId, which)) {
          const device = await lockDeviceOf(session, userId, id);
          if (which !== 'all' && 'only' in which) requireVersion(context, device?.version);
          if (device === undefined || device.revokedAt !== undefined) continue;
          const statement = 'UPDATE latchkey_devices SET revoked_at = ?, version = version + 1 WHERE id = ?';
          await session.write(statement, [now, id]);
          const { name, subject } = device;
          const changes = differences({ name }, {});
          await writeAudit(session, context, { action: 'device.revoked', subject, deviceId: id, changes });
          revoked.push(id);
        }
        if (revoked.length > 0) await append(session, revoked.map(journalKeys.device));
        return revoked;
      });
    },
  };
}

async function lockDeviceOf(session: Session, userId: string, id: string): Promise<Device | undefined> {
  const device = isId(id) ? await lockDevice(session, id) : undefined;
  return device?.userId === userId ? device : undefined;
}

/** The ids of a selection. Always in the same order, so that two revocations cannot deadlock. */
async function selected(
  session: Session,
  userId: string,
  which: Parameters<Directory['revokeDevices']>[1],
): Promise<readonly string[]> {
  if (which !== 'all' && 'only' in which) return [which.only];
  const statement = 'SELECT id FROM latchkey_devices WHERE user_id = ? AND revoked_at IS NULL ORDER BY id';
  const ids = (await session.rows(statement, [userId])).map((row) => String(row['id']));
  return which === 'all' ? ids : ids.filter((id) => id !== which.except);
}

async function countActive(session: Session, userId: string, now: Date): Promise<number> {
  const statement =
    'SELECT COUNT(*) AS active FROM latchkey_devices WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?';
  return Number((await session.rows(statement, [userId, now]))[0]?.['active']);
}

async function insert(session: Session, device: NewDevice): Promise<void> {
  await session.write(
    `INSERT INTO latchkey_devices
      (id, user_id, name, client_id, app_version, platform, paired_by, created_at, expires_at, last_address)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      device.id,
      device.userId,
      device.name,
      device.clientId,
      device.appVersion ?? null,
      device.platform ?? null,
      device.pairedBy,
      device.createdAt,
      device.expiresAt,
      device.lastAddress ?? null,
    ],
  );
}
