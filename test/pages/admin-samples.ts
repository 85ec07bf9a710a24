// Sample data of the stand-in's API for administrators.
import type { WireAuditEntry, WireMapping, WireUser } from '../../src/vocabulary/wire/admin-json.js';
import type { WireOwnedDevice } from '../../src/vocabulary/wire/device-json.js';
import { device, type Writable } from './samples.js';

/** A user without the roles that the stand-in computes. */
export type StandInUser = Writable<Omit<WireUser, 'managed_roles' | 'roles'>>;
export type StandInMapping = Writable<WireMapping>;
export type StandInOwned = Writable<WireOwnedDevice>;
/** An entry of any action, as a later version of the server may send. */
export type StandInEntry = Writable<Omit<WireAuditEntry, 'action'> & { action: string }>;

/** A proxy user. */
export function aUser(subject: string, more: Partial<StandInUser> = {}): StandInUser {
  return {
    id: `id-${subject}`,
    subject,
    auth_method: 'proxy',
    display_name: null,
    email: null,
    groups: [],
    granted_roles: [],
    disabled: false,
    pending: false,
    version: 1,
    created_at: '2026-10-01T08:00:00Z',
    updated_at: '2026-11-03T09:30:00Z',
    last_asserted_at: '2026-11-03T09:30:00Z',
    host_user_id: null,
    ...more,
  };
}

/** A mapping of the directory. */
export function aMapping(group: string, roles: string[], more: Partial<StandInMapping> = {}): StandInMapping {
  return {
    group,
    roles,
    note: null,
    changed_by: 'grace',
    changed_at: '2026-11-03T09:30:00Z',
    version: 1,
    source: 'directory',
    ...more,
  };
}

/** A mapping of the configuration. */
export function configured(group: string, roles: string[]): StandInMapping {
  return aMapping(group, roles, { changed_by: null, changed_at: null, version: null, source: 'configuration' });
}

/** A device with its owner. */
export function owned(id: string, name: string, subject: string, more: Partial<StandInOwned> = {}): StandInOwned {
  return { ...device(id, name), subject, version: 1, ...more };
}

/** An entry of the audit trail. */
export function anEntry(id: string, action: string, more: Partial<StandInEntry> = {}): StandInEntry {
  return {
    id,
    at: '2026-11-03T09:30:00Z',
    actor: { subject: 'grace', address: '198.51.100.7' },
    action,
    subject: null,
    group: null,
    device_id: null,
    changes: {},
    ...more,
  };
}
