// Adds the administration routes, which only browsers of administrators can use.
import type { Request, Router } from 'express';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { type AdminEndpoint, endpoint } from '../endpoint.js';
import { browserPrincipalWith } from '../guards.js';
import { recheckAccount } from '../recheck-account.js';
import type { HttpServices } from '../services.js';
import { auditRoutes } from './admin-audit.js';
import { deviceSearchRoutes } from './admin-devices.js';
import { explainRoutes } from './admin-explain.js';
import { mappingRoutes } from './admin-mappings.js';
import { userRoutes } from './admin-users.js';

/** Adds the routes `admin/users`, `admin/group-roles`, `admin/devices`, `admin/audit` and `admin/explain`. */
export function adminRoutes(router: Router, services: HttpServices): void {
  const { origins = [], administratorRole } = services;

  const admitted = recheckAccount(services);
  async function recheckAdministrator(req: Request): Promise<void> {
    const { roles } = await admitted(req);
    if (!roles.has(administratorRole)) throw new LatchkeyError('ERR_ROLE_REQUIRED');
  }

  const add: AdminEndpoint = (path, methods, body) => {
    endpoint(router, `/admin/${path}`, origins, methods, {
      guard: (req) => void browserPrincipalWith(req, administratorRole),
      recheck: recheckAdministrator,
      accepts: 'handlers',
      body,
    });
  };

  userRoutes(add, services);
  mappingRoutes(add, services);
  deviceSearchRoutes(add, services);
  auditRoutes(add, services);
  explainRoutes(add, services);
}
