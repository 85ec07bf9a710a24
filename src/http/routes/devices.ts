// Routes for the user's own devices.
import type { Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { isUuid, labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type { Device } from '../../vocabulary/types.js';
import type { DevicesResponse, RenameDeviceRequest, WireDevice } from '../../vocabulary/wire/device-json.js';
import { type MemberNames, membersOf } from '../body-members.js';
import { type EndpointRules, endpoint, type Methods } from '../endpoint.js';
import { actorOf, browserPrincipal } from '../guards.js';
import { parametersOf } from '../query.js';
import { recheckAccount } from '../recheck-account.js';
import type { HttpServices } from '../services.js';

/** Adds the routes `devices` and `devices/:id`. */
export function deviceRoutes(router: Router, services: HttpServices): void {
  const { directory, origins = [], now } = services;
  const { devices } = services.administration;

  const recheck = recheckAccount(services);
  const add = (path: string, methods: Methods, accepts: NonNullable<EndpointRules['accepts']>) =>
    endpoint(router, path, origins, methods, { recheck, accepts });
  const shown = (device: Device) => deviceJson(device, services);

  add(
    '/devices',
    {
      async get(req, res) {
        const { userId } = browserPrincipal(req);
        res.json({
          devices: (await directory.listDevices(userId, new Date(now()))).map(shown),
        } satisfies DevicesResponse);
      },
      async delete(req, res) {
        const { subject } = browserPrincipal(req);
        const by = actorOf(req);
        const kept = parametersOf(req).getAll('except');
        if (kept.length === 0) await devices.revokeAll(subject, { by });
        else if (kept.length === 1) await devices.revokeOthers(subject, deviceId(kept[0]), { by });
        else throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        res.status(204).end();
      },
    },
    { delete: { query: ['except'] } },
  );

  add(
    '/devices/:id',
    {
      async patch(req, res) {
        const { subject } = browserPrincipal(req);
        const id = deviceId(req.params['id']);
        const body = membersOf<RenameDeviceRequest>(req);
        const name = body.requiredText('name', { max: labelRoom(textLimits.deviceName) });
        res.json(shown(await devices.rename(subject, id, name, { by: actorOf(req) })));
      },
      async delete(req, res) {
        const { subject } = browserPrincipal(req);
        await devices.revoke(subject, deviceId(req.params['id']), { by: actorOf(req) });
        res.status(204).end();
      },
    },
    { patch: { members: { name: true } satisfies MemberNames<RenameDeviceRequest> } },
  );
}

/** Converts a device to the JSON that clients get. */
export function deviceJson(device: Device, services: Pick<HttpServices, 'devices'>): WireDevice {
  return {
    id: device.id,
    name: device.name,
    client_id: device.clientId,
    app_version: device.appVersion,
    platform: device.platform,
    paired_by: device.pairedBy,
    created_at: device.createdAt.toISOString(),
    // If the option `idleDays` is set, an idle device has an expiry in the past.
    expires_at: (services.devices?.liveness.endsAt(device) ?? device.expiresAt).toISOString(),
    last_used_at: device.lastUsedAt?.toISOString() ?? null,
    last_address: device.lastAddress ?? null,
  };
}

/**
 * Checks a device id from a path or a query, and returns it in lower case.
 *
 * @throws {LatchkeyError} `ERR_DEVICE_UNKNOWN` when the id is not a UUID, because a database column for UUIDs accepts
 * no other values.
 */
export function deviceId(value: unknown): string {
  if (!isUuid(value)) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
  return value.toLowerCase();
}
