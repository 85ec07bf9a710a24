// Creates the administration API, with which hosts change users, mappings and devices.

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
 * Changes users, mappings and devices. Each change is written to the directory first, together with its audit entry. A
 * call that makes a change resolves as soon as no instance uses data from before the change. A change usually takes
 * milliseconds. If an instance has crashed or has lost its connection to the directory, a change waits until that
 * instance can no longer answer from memory (see `outageToleranceSeconds`).
 */
export interface Administration {
  readonly users: UserAdministration;
  readonly mappings: MappingAdministration;
  readonly devices: DeviceAdministration;
  readonly audit: Audit;
  /**
   * Makes every instance reload this user and the user's devices. Call this function after you have changed the user's
   * rows yourself.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory does not answer.
   *
   * @example
   * await pool.query("UPDATE latchkey_users SET display_name = 'Bob' WHERE subject = 'bob'");
   * await auth.invalidate('bob');
   */
  invalidate(subject: string): Promise<void>;
  /**
   * Makes every instance reload everything. Call this function after you have restored some of the tables or changed
   * many rows yourself. You need not call this function after a restore of the whole database, because Latchkey detects
   * such a restore.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory does not answer.
   *
   * @example
   * await pool.query('TRUNCATE latchkey_group_roles');
   * await auth.invalidateAll();
   */
  invalidateAll(): Promise<void>;
}

/** The dependencies of the administration. The resolver must use the same cache. */
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

/** Creates the administration API. The API does not check permissions: its caller decides who may make changes. */
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
