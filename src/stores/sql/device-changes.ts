// Adds, renames and revokes devices in SQLite and MySQL, records their use, and renews their tokens.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext, DeviceSelection, DeviceUse, NewDevice } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Device } from '../../vocabulary/types.js';
import { pairedNote, renamedNote, requireVersion, revokedNote } from '../audit-diff.js';
import { latestUses } from '../latest-uses.js';
import { isId, isSerial } from '../storable-text.js';
import { requireFittingActor, writeAudit } from './audit-verbs.js';
import { deviceSelection } from './device-lists.js';
import type { Dialect } from './dialect.js';
import { append } from './journal-verbs.js';
import { byId } from './login-verbs.js';
import { deviceOf } from './row-values.js';
import { firstRow, rows, type SqlSession, type Work, write } from './statement.js';
import { millisecondsOf, requireFitting, requireSome } from './text-lengths.js';

type DeviceChanges = Pick<
  Directory,
  'createDevice' | 'renameDevice' | 'revokeDevices' | 'touchDevices' | 'renewDevice' | 'confirmRenewal'
>;

/** Changes of devices. */
export function sqlDeviceChanges(dialect: Dialect, session: SqlSession): DeviceChanges {
  /** Locks and returns a device, even if the device is revoked. The device cannot change until the transaction ends. */
  function* locked(id: string): Work<Device | undefined> {
    // A single statement with a join would also lock the owner's row. It could deadlock with the creation of a device,
    // which locks the owner's row first and then waits for locks on devices.
    yield* rows(`SELECT id FROM latchkey_devices WHERE id = ?${dialect.forUpdate}`, [id]);
    const row = yield* firstRow(`${deviceSelection} WHERE d.id = ?`, [id]);
    return row && deviceOf(row);
  }

  /**
   * Locks the owner's row and returns the owner's subject. While the row is locked, no other transaction adds or
   * revokes devices of this user.
   */
  function* lockOwner(userId: string): Work<string | undefined> {
    const owner = yield* firstRow(`SELECT subject FROM latchkey_users WHERE id = ?${dialect.forUpdate}`, [userId]);
    return owner && String(owner['subject']);
  }

  function* create(device: NewDevice, maximum: number | undefined, context: ChangeContext): Work<void> {
    const { id, userId, createdAt } = device;
    const subject = yield* lockOwner(userId);
    if (subject === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    if ((yield* firstRow('SELECT id FROM latchkey_devices WHERE id = ?', [id])) !== undefined) return;
    if (maximum !== undefined) {
      const counted = yield* firstRow(
        `SELECT COUNT(*) AS devices FROM latchkey_devices
        WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?`,
        [userId, millisecondsOf(createdAt)],
      );
      if (Number(counted?.['devices']) >= maximum) throw new LatchkeyError('ERR_DEVICE_LIMIT');
    }
    yield* write(
      `INSERT INTO latchkey_devices (id, user_id, name, client_id, app_version, platform, paired_by, created_at,
        expires_at, last_address, serial, version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1) ${dialect.orKeep('id')}`,
      [
        id,
        userId,
        device.name,
        device.clientId,
        device.appVersion ?? null,
        device.platform ?? null,
        device.pairedBy,
        millisecondsOf(createdAt),
        millisecondsOf(device.expiresAt),
        device.lastAddress ?? null,
      ],
    );
    yield* writeAudit(dialect, context, pairedNote({ ...device, subject }));
  }

  function* rename(userId: string, id: string, name: string, context: ChangeContext): Work<Device | undefined> {
    const found = yield* locked(id);
    const device = found?.userId === userId ? found : undefined;
    requireVersion(context, device?.version);
    if (device === undefined || device.revokedAt !== undefined) return undefined;
    if (device.name === name) return device;
    yield* write('UPDATE latchkey_devices SET name = ?, version = version + 1 WHERE id = ?', [name, id]);
    yield* writeAudit(dialect, context, renamedNote(device, name));
    yield* append(dialect, [journalKeys.device(id)]);
    return { ...device, name, version: device.version + 1 };
  }

  function* revoke(
    userId: string,
    selection: DeviceSelection,
    now: Date,
    context: ChangeContext,
  ): Work<readonly string[]> {
    yield* lockOwner(userId);
    const only = selection !== 'all' && 'only' in selection ? selection.only : undefined;
    const except = selection !== 'all' && 'except' in selection ? selection.except : undefined;
    if (only !== undefined && context.version !== undefined) {
      const device = yield* locked(only);
      requireVersion(context, device?.userId === userId ? device.version : undefined);
    }
    const selected = [
      'd.user_id = ? AND d.revoked_at IS NULL',
      ...(only === undefined ? [] : ['d.id = ?']),
      ...(except === undefined ? [] : ['d.id <> ?']),
    ].join(' AND ');
    const params = [userId, only, except].filter((param) => param !== undefined);
    yield* rows(`SELECT d.id FROM latchkey_devices d WHERE ${selected} ORDER BY d.id${dialect.forUpdate}`, params);
    const found = yield* rows(`${deviceSelection} WHERE ${selected}`, params);
    const devices = byId(found.map(deviceOf));
    if (devices.length === 0) return [];
    yield* write(`UPDATE latchkey_devices AS d SET revoked_at = ?, version = version + 1 WHERE ${selected}`, [
      millisecondsOf(now),
      ...params,
    ]);
    for (const device of devices) yield* writeAudit(dialect, context, revokedNote(device));
    const ids = devices.map(({ id }) => id);
    yield* append(dialect, ids.map(journalKeys.device));
    return ids;
  }

  function* renew(id: string, serial: number, renewedAt: Date, expiresAt: Date): Work<Device | undefined> {
    const device = yield* locked(id);
    if (device === undefined || device.revokedAt !== undefined || device.serial !== serial) return undefined;
    if (device.renewedAt !== undefined) return device;
    yield* write('UPDATE latchkey_devices SET renewed_at = ?, expires_at = ? WHERE id = ?', [
      millisecondsOf(renewedAt),
      millisecondsOf(expiresAt),
      id,
    ]);
    yield* append(dialect, [journalKeys.device(id)]);
    return { ...device, renewedAt, expiresAt };
  }

  function* confirm(id: string, serial: number, previousUntil: Date): Work<Device | undefined> {
    const device = yield* locked(id);
    if (device === undefined || device.revokedAt !== undefined) return undefined;
    if (device.serial === serial) return device;
    if (device.serial !== serial - 1 || device.renewedAt === undefined) return undefined;
    yield* write('UPDATE latchkey_devices SET serial = ?, previous_until = ?, renewed_at = NULL WHERE id = ?', [
      serial,
      millisecondsOf(previousUntil),
      id,
    ]);
    yield* append(dialect, [journalKeys.device(id)]);
    return { ...device, serial, previousUntil, renewedAt: undefined };
  }

  return {
    async createDevice(device: NewDevice, maximum?: number, context: ChangeContext = {}): Promise<void> {
      const { id, userId, name, clientId, appVersion, platform, lastAddress } = device;
      requireFitting('label', name, clientId, appVersion, platform, lastAddress);
      requireSome(name, clientId, appVersion, platform, lastAddress);
      requireFittingActor(context);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A device id must be a lowercase UUID.' });
      }
      if (!isId(userId)) throw new LatchkeyError('ERR_USER_UNKNOWN');
      await session.change(() => create(device, maximum, context));
    },

    async renameDevice(
      userId: string,
      id: string,
      name: string,
      context: ChangeContext = {},
    ): Promise<Device | undefined> {
      requireFitting('label', name);
      requireSome(name);
      requireFittingActor(context);
      if (!isId(userId) || !isId(id)) {
        requireVersion(context, undefined);
        return undefined;
      }
      return session.change(() => rename(userId, id, name, context));
    },

    async revokeDevices(
      userId: string,
      selection: DeviceSelection,
      now: Date,
      context: ChangeContext = {},
    ): Promise<readonly string[]> {
      requireFittingActor(context);
      const only = selection !== 'all' && 'only' in selection ? selection.only : undefined;
      if (!isId(userId) || (only !== undefined && !isId(only))) {
        requireVersion(only === undefined ? {} : context, undefined);
        return [];
      }
      return session.change(() => revoke(userId, spared(selection), now, context));
    },

    async touchDevices(uses: readonly DeviceUse[]): Promise<void> {
      const latest = latestUses(uses, ({ id, lastUsedAt }) => ({ id, at: lastUsedAt }));
      requireFitting('label', ...latest.map(({ lastAddress }) => lastAddress));
      if (latest.length === 0) return;
      const used = latest.map(({ id, lastUsedAt, lastAddress }) => ({
        id,
        at: millisecondsOf(lastUsedAt),
        address: lastAddress,
      }));
      await session.change(() => write(dialect.touchDevices, [JSON.stringify(byId(used))]));
    },

    async renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) return undefined;
      return session.change(() => renew(id, serial, renewedAt, expiresAt));
    },

    async confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) return undefined;
      return session.change(() => confirm(id, serial, previousUntil));
    },
  };
}

/** Returns `'all'` for a selection that excludes an invalid id, because no device has an invalid id. */
function spared(selection: DeviceSelection): DeviceSelection {
  return selection !== 'all' && 'except' in selection && !isId(selection.except) ? 'all' : selection;
}
