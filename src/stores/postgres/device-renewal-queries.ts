// Token renewal in the Postgres directory. Each method is one statement.
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Device } from '../../vocabulary/types.js';
import { freshNonce } from '../journal-head.js';
import { isId, isSerial } from '../storable-text.js';
import { journalled } from './journal-queries.js';
import type { Sql } from './pool.js';
import { deviceColumns, deviceOf } from './rows.js';

/** Creates the renewal methods. */
export function sqlRenewal({ run }: Sql): Pick<Directory, 'renewDevice' | 'confirmRenewal'> {
  /**
   * Updates one device if the update would change it, and returns the current row. The statement first locks the row.
   * So it waits for a concurrent change, and then reads the changed row, although its snapshot does not contain the
   * change.
   */
  async function renewal(
    change: { readonly where: string; readonly differs: string; readonly set: string },
    params: readonly [id: string, serial: number, ...unknown[]],
  ): Promise<Device | undefined> {
    const [row] = await run(
      `WITH present AS (
        SELECT ${deviceColumns}, u.subject, (${change.differs}) AS differs
        FROM latchkey_devices d JOIN latchkey_users u ON u.id = d.user_id
        WHERE d.id = $1::uuid AND d.revoked_at IS NULL AND ${change.where} FOR NO KEY UPDATE OF d
      ), written AS (
        UPDATE latchkey_devices d SET ${change.set} FROM present WHERE d.id = present.device_id AND present.differs
        RETURNING ${deviceColumns}, present.subject
      ), ${journalled(`SELECT ARRAY[$${params.length + 1}::text] AS keys FROM written`, `$${params.length + 2}`)}
      SELECT * FROM present WHERE NOT differs UNION ALL SELECT *, true FROM written`,
      [...params, journalKeys.device(params[0]), freshNonce()],
    );
    return row && deviceOf(row);
  }

  return {
    async renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) {
        return undefined;
      }
      return renewal(
        {
          where: 'd.serial = $2::integer',
          differs: 'd.renewed_at IS NULL',
          set: 'renewed_at = $3::timestamptz, expires_at = $4::timestamptz',
        },
        [id, serial, renewedAt.toISOString(), expiresAt.toISOString()],
      );
    },

    async confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined> {
      if (!isId(id) || !isSerial(serial)) {
        return undefined;
      }
      return renewal(
        {
          where: '(d.serial = $2::integer OR d.serial = $2::integer - 1 AND d.renewed_at IS NOT NULL)',
          differs: 'd.serial <> $2::integer',
          set: 'serial = $2::integer, previous_until = $3::timestamptz, renewed_at = NULL',
        },
        [id, serial, previousUntil.toISOString()],
      );
    },
  };
}
