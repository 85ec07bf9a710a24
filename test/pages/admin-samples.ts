// What the stand-in's API for administrators answers with.
import { device, type StandInDevice } from './samples.js';

export interface StandInUser {
  id: string;
  subject: string;
  auth_method: 'proxy' | 'local';
  display_name: string | null;
  email: string | null;
  groups: string[];
  granted_roles: string[];
  disabled: boolean;
  pending: boolean;
  version: number;
  created_at: string;
  updated_at: string;
  last_asserted_at: string | null;
}

export interface StandInMapping {
  group: string;
  roles: string[];
  note: string | null;
  changed_by: string | null;
  changed_at: string | null;
  version: number | null;
  source: 'directory' | 'configuration';
}

export interface StandInOwned extends StandInDevice {
  subject: string;
  version: number;
}

export interface StandInEntry {
  id: string;
  at: string;
  actor: { subject: string | null; address: string | null };
  action: string;
  subject: string | null;
  group: string | null;
  device_id: string | null;
  changes: Record<string, { from?: unknown; to?: unknown }>;
}

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

/** Somebody's device. */
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
