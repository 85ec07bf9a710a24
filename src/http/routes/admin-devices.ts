// Routes for administrators: the devices of all users.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { textLimits } from '../../vocabulary/text-rules.js';
import type { Device } from '../../vocabulary/types.js';
import type { OwnedDevicesResponse } from '../../vocabulary/wire/devices.js';
import type { AdminEndpoint } from '../endpoint.js';
import { actorOf } from '../guards.js';
import { requiredVersion } from '../precondition.js';
import { pageOf, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';
import { deviceId, deviceJson, isDeviceId } from './devices.js';

/** GET `admin/devices`, DELETE `admin/devices/:id`. */
export function deviceSearchRoutes(add: AdminEndpoint, services: HttpServices): void {
  const { devices } = services.administration;

  add('devices', {
    async get(req, res) {
      const query = queryOf(req, ['search', 'subject', 'limit', 'cursor']);
      const filters = {
        search: query.optionalText('search', textLimits.search),
        subject: query.optionalText('subject'),
      };
      const { items, next } = await pageOf(
        query,
        (after, limit) =>
          devices.search({ ...filters, after: after === undefined ? undefined : deviceIn(after), limit }),
        ({ id, createdAt }) => [createdAt.toISOString(), id],
      );
      const listed = items.map((device) => ({
        ...deviceJson(device, services),
        subject: device.subject,
        version: device.version,
      }));
      res.json({ devices: listed, next } satisfies OwnedDevicesResponse);
    },
  });

  add('devices/:id', {
    async delete(req, res) {
      queryOf(req, []);
      const id = deviceId(req.params['id']);
      await devices.revokeById(id, { by: actorOf(req), version: requiredVersion(req) });
      res.status(204).end();
    },
  });
}

function deviceIn([at = '', id, ...more]: readonly string[]): Pick<Device, 'id' | 'createdAt'> {
  const createdAt = new Date(at);
  // Only a time in the format of toISOString is accepted, and no year that a database may not support.
  if (Number.isNaN(createdAt.getTime()) || at.length !== 24 || !isDeviceId(id) || more.length > 0) {
    throw new LatchkeyError('ERR_PAGE');
  }
  return { id, createdAt };
}
