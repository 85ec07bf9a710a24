// directory/: who is that here, and what may they do? Changes by people, which take effect everywhere.
import type { Directory } from '../ports.js';
import type { Clock, OnEvent } from '../types.js';
import { type Audit, audit } from './audit.js';
import { type DeviceAdministration, deviceAdministration } from './device-administration.js';
import { userKey } from './entries.js';
import { type MappingAdministration, mappingAdministration } from './mapping-administration.js';
import type { PrincipalCache } from './principal-cache.js';
import type { AdministratorRole, ConfiguredGroupRoles } from './role-mapping.js';
import { type UserAdministration, userAdministration } from './user-administration.js';

/**
 * Changes to users, mappings and devices. Each is written to the directory first, together with its entry in the audit
 * trail, then told to every instance, and only then returned. Rejects with `ERR_CHANGE_NOT_SPREAD` where the change is
 * saved but the shared state can't be told: this instance obeys it already, the others do once the state is back, or at
 * the latest when their entries expire.
 */
export interface Administration {
  readonly users: UserAdministration;
  readonly mappings: MappingAdministration;
  readonly devices: DeviceAdministration;
  readonly audit: Audit;
  /** Has every instance load this user anew: to be called after the host changed the row itself. */
  invalidate(subject: string): Promise<void>;
}

/** What administration needs; the cache is the one that the resolver uses. */
export interface AdministrationOptions {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
  readonly administrator: AdministratorRole;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}

/** Administration as functions. Who may call them is the caller's to decide. */
export function administration(options: AdministrationOptions): Administration {
  const { directory, cache } = options;
  const devices = deviceAdministration(options);

  return {
    users: userAdministration({ ...options, keysOf: devices.keysOf }),
    mappings: mappingAdministration(options),
    devices: devices.administration,
    audit: audit(directory),
    invalidate: (subject) => cache.dropEverywhere([userKey(subject)]),
  };
}
