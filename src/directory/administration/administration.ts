// The administration API: changes to users, mappings and devices.

import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock } from '../../vocabulary/types.js';
import type { SubjectCase } from '../../vocabulary/words.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import type { AdministratorRole, ConfiguredGroupRoles } from '../resolution/role-mapping.js';
import { type Audit, audit } from './audit-trail.js';
import { type DeviceAdministration, deviceAdministration } from './device-administration.js';
import { type MappingAdministration, mappingAdministration } from './mapping-administration.js';
import { userAdministration } from './user-administration.js';
import type { UserAdministration } from './user-functions.js';

/**
 * Changes to users, mappings and devices. Each change is written to the directory first, together with its audit entry.
 * The call resolves once no instance uses data from before the change. This usually takes milliseconds. If an instance
 * crashed or was cut off, it takes as long as that instance could still answer without the directory
 * (`outageToleranceSeconds`).
 */
export interface Administration {
  readonly users: UserAdministration;
  readonly mappings: MappingAdministration;
  readonly devices: DeviceAdministration;
  readonly audit: Audit;
  /**
   * Makes every instance reload this user and their devices. Call it after you changed the rows yourself.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory does not answer.
   *
   * @example
   * await pool.query("UPDATE latchkey_users SET display_name = 'Bob' WHERE subject = 'bob'");
   * await auth.invalidate('bob');
   */
  invalidate(subject: string): Promise<void>;
  /**
   * Makes every instance reload everything. Call it after you restored some of the tables, or changed many rows
   * yourself. A restore of the whole database is detected without this call.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory does not answer.
   *
   * @example
   * await pool.query('TRUNCATE latchkey_group_roles');
   * await auth.invalidateAll();
   */
  invalidateAll(): Promise<void>;
}

/** The dependencies of the administration. The cache is the one that the resolver uses. */
export interface AdministrationOptions {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
  readonly administrator: AdministratorRole;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase | undefined;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}

/** Creates the administration API. It does not check permissions: the caller decides who may call it. */
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
