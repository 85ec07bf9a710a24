// Routes for administrators: the devices of all users.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { textLimits } from '../../vocabulary/text-rules.js';
import type { Device } from '../../vocabulary/types.js';
import type { AdminEndpoint } from '../endpoint.js';
import { actorOf } from '../guards.js';
import { requiredVersion } from '../precondition.js';
import { type Cursor, pageOf, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';
import { deviceId, deviceJson } from './devices.js';

const place: Cursor<Pick<Device, 'id' | 'createdAt'>> = {
  length: 2,
  textsOf: ({ id, createdAt }) => [createdAt.toISOString(), id],
  // Only a time in the format of toISOString is accepted.
  itemOf: ([at = '', id = '']) => ({ id, createdAt: new Date(at.length === 24 ? at : Number.NaN) }),
};

/** GET `admin/devices`, DELETE `admin/devices/:id`. */
export function deviceSearchRoutes(add: AdminEndpoint, services: HttpServices): void {
  const { directory, liveness } = services;
  const { devices } = services.administration;

  add('devices', {
    async get(req, res) {
      const query = queryOf(req, ['search', 'subject', 'limit', 'cursor']);
      const filters = { search: query.text('search', textLimits.search), subject: query.text('subject') };
      const { items, next } = await pageOf(query, (after, limit) => devices.list({ ...filters, after, limit }), place);
      const listed = items.map((device) => ({
        ...deviceJson(device, liveness),
        subject: device.subject,
        version: device.version,
      }));
      res.json({ devices: listed, next });
    },
  });

  add('devices/:id', {
    async delete(req, res) {
      queryOf(req, []);
      const id = deviceId(req.params['id']);
      const version = requiredVersion(req);
      const found = await directory.findDevice(id);
      if (found === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
      await devices.revoke(found.device.subject, id, { by: actorOf(req), version });
      res.status(204).end();
    },
  });
}
