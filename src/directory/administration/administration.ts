// Changes by people, which are in force everywhere once they return.
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock, OnEvent } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import type { AdministratorRole, ConfiguredGroupRoles } from '../resolution/role-mapping.js';
import { type Audit, audit } from './audit-trail.js';
import { type DeviceAdministration, deviceAdministration } from './device-administration.js';
import { type MappingAdministration, mappingAdministration } from './mapping-administration.js';
import { type UserAdministration, userAdministration } from './user-administration.js';

/**
 * Changes to users, mappings and devices. Each is written to the directory first, together with its entry in the audit
 * trail, and returns once no instance answers from before it: milliseconds as a rule, and as long as an instance may answer
 * without the directory (`outageToleranceSeconds`) where one died or was cut off.
 */
export interface Administration {
  readonly users: UserAdministration;
  readonly mappings: MappingAdministration;
  readonly devices: DeviceAdministration;
  readonly audit: Audit;
  /**
   * Has every instance read this user and their devices anew: call it after you changed the rows yourself. Rejects with
   * `ERR_DIRECTORY_UNAVAILABLE`.
   */
  invalidate(subject: string): Promise<void>;
  /**
   * Has every instance read everything anew: call it after you restored some of the tables, or changed many rows yourself.
   * A restore of the whole database is noticed without it. Rejects with `ERR_DIRECTORY_UNAVAILABLE`.
   */
  invalidateAll(): Promise<void>;
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

  return {
    users: userAdministration(options),
    mappings: mappingAdministration(options),
    devices: deviceAdministration(options),
    audit: audit(directory),
    invalidate: (subject) => cache.invalidate([journalKeys.user(subject)]),
    invalidateAll: () => cache.invalidate([journalKeys.everything]),
  };
}
