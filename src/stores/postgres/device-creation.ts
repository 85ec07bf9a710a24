// Adds paired devices to the Postgres directory. Each device is added only once, and no user gets more devices than the
// limit.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { ChangeContext, NewDevice } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { requireStorableActor } from '../audit-diff.js';
import { isId, requireStorable } from '../storable-text.js';
import { actorParams } from './audit-queries.js';
import { type Run, type Sql, sqlState } from './pool.js';

/** Creates the method `createDevice`. */
export function sqlPairing({ run, transaction }: Sql): Pick<Directory, 'createDevice'> {
  return {
    async createDevice(device: NewDevice, maximum?: number, context: ChangeContext = {}): Promise<void> {
      const { id, userId, name, clientId, appVersion, platform, lastAddress } = device;
      requireStorable(name, clientId, appVersion, platform, lastAddress);
      requireStorableActor(context);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A device id must be a lowercase UUID.' });
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
        // foreign_key_violation: the owner was deleted at the same time.
        if (error instanceof LatchkeyError && sqlState(error.cause) === '23503') {
          throw new LatchkeyError('ERR_USER_UNKNOWN');
        }
        throw error;
      }
    },
  };
}

const insertion = `INSERT INTO latchkey_devices
  (id, user_id, name, client_id, app_version, platform, paired_by, created_at, expires_at, last_address)
  SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz, $10::text`;

const added = 'RETURNING id, user_id, name, client_id, paired_by';

/** Writes the audit entry for the row in `added`. If the device already existed, `added` is empty. */
const pairedEntry = `INSERT INTO latchkey_audit (actor, address, action, subject, device_id, changes)
  SELECT $11::text, $12::text, 'device.paired', u.subject, added.id, jsonb_build_object(
    'name', jsonb_build_object('to', added.name), 'clientId', jsonb_build_object('to', added.client_id),
    'pairedBy', jsonb_build_object('to', added.paired_by)
  )
  FROM added JOIN latchkey_users u ON u.id = added.user_id`;

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
    ...actorParams(context),
  ];
}

/*
 * A separate statement locks the owner's row first. The next statement counts the devices. Its snapshot contains the
 * devices that earlier transactions added, because the snapshot is taken after the wait for the lock. A single
 * statement would take its snapshot before the wait.
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
