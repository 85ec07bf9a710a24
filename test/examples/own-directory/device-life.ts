// own-directory: use of devices, and renewal of their tokens.
import { type Device, type Directory, journalKeys } from 'latchkey';
import type { Database, Session } from './database.js';
import { lockDevice } from './devices.js';
import { append } from './journal.js';
import { dateTime, isId, latestOf, requireStorable } from './values.js';

/** Use and renewal of devices. */
export function deviceLife(database: Database): Pick<Directory, 'touchDevices' | 'renewDevice' | 'confirmRenewal'> {
  /** Locks the device and runs the work with it. Returns `undefined` if the device does not exist or is revoked. */
  function withDevice(
    id: string,
    work: (session: Session, device: Device) => Promise<Device | undefined>,
  ): Promise<Device | undefined> {
    return database.transaction(async (session) => {
      const device = isId(id) ? await lockDevice(session, id) : undefined;
      return device === undefined || device.revokedAt !== undefined ? undefined : work(session, device);
    });
  }

  return {
    async touchDevices(uses) {
      const latest = latestOf(uses.map((use) => ({ ...use, at: use.lastUsedAt })));
      requireStorable(...latest.map(({ lastAddress }) => lastAddress));
      if (latest.length === 0) return;
      const rows = latest.map(({ id, at, lastAddress }) => ({ id, at: dateTime(at), address: lastAddress }));
      await database.write(
        `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
          id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$.id', at DATETIME(3) PATH '$.at',
          address VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.address'
        )) AS used STRAIGHT_JOIN latchkey_devices AS d ON d.id = used.id
        SET d.last_address = COALESCE(used.address, d.last_address), d.last_used_at = used.at
        WHERE d.last_used_at IS NULL OR d.last_used_at < used.at`,
        [JSON.stringify(rows)],
      );
    },

    renewDevice: (id, serial, renewedAt, expiresAt) =>
      withDevice(id, async (session, device) => {
        if (device.serial !== serial) return undefined;
        if (device.renewedAt !== undefined) return device;
        await session.write('UPDATE latchkey_devices SET renewed_at = ?, expires_at = ? WHERE id = ?', [
          renewedAt,
          expiresAt,
          id,
        ]);
        await append(session, [journalKeys.device(id)]);
        return { ...device, renewedAt, expiresAt };
      }),

    confirmRenewal: (id, serial, previousUntil) =>
      withDevice(id, async (session, device) => {
        if (device.serial === serial) return device;
        if (device.serial !== serial - 1 || device.renewedAt === undefined) return undefined;
        const statement = 'UPDATE latchkey_devices SET serial = ?, previous_until = ?, renewed_at = NULL WHERE id = ?';
        await session.write(statement, [serial, previousUntil, id]);
        await append(session, [journalKeys.device(id)]);
        const { renewedAt: _, ...settled } = device;
        return { ...settled, serial, previousUntil };
      }),
  };
}
