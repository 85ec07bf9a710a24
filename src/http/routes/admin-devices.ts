// Routes for administrators: the devices of all users.
import { textLimits } from '../../vocabulary/text-rules.js';
import type { Device } from '../../vocabulary/types.js';
import type { OwnedDevicesResponse } from '../../vocabulary/wire/device-json.js';
import type { AdminEndpoint } from '../endpoint.js';
import { actorOf } from '../guards.js';
import { requiredVersion } from '../precondition.js';
import { type Cursor, pageOf, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';
import { deviceId, deviceJson } from './devices.js';

const place: Cursor<Pick<Device, 'id' | 'createdAt'>> = {
  length: 2,
  textsOf: ({ id, createdAt }) => [createdAt.toISOString(), id],
  // Accepts only times in the format of `toISOString`.
  itemOf: ([at = '', id = '']) => ({ id, createdAt: new Date(at.length === 24 ? at : Number.NaN) }),
};

/** Adds the routes `admin/devices` and `admin/devices/:id`. */
export function deviceSearchRoutes(add: AdminEndpoint, services: HttpServices): void {
  const { devices } = services.administration;

  add('devices', {
    async get(req, res) {
      const query = queryOf(req, ['search', 'subject', 'limit', 'cursor']);
      const filters = {
        search: query.optionalText('search', textLimits.search),
        subject: query.optionalText('subject'),
      };
      const { items, next } = await pageOf(query, (after, limit) => devices.list({ ...filters, after, limit }), place);
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
