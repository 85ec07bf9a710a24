// The client of the administrators' API. Every change is sent with the version that the administrator has seen.
import { type CallOptions, call, type Device } from '../shared/page-api.js';

/** A user in the API for administrators. */
export interface User {
  readonly id: string;
  readonly subject: string;
  readonly auth_method: 'proxy' | 'local';
  readonly display_name: string | null;
  readonly email: string | null;
  readonly groups: readonly string[];
  readonly managed_roles: readonly string[];
  readonly granted_roles: readonly string[];
  readonly roles: readonly string[];
  readonly disabled: boolean;
  readonly pending: boolean;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_asserted_at: string | null;
}

/** A user to add before their first login. */
export interface NewUser {
  readonly subject: string;
  readonly auth_method: User['auth_method'];
  readonly display_name?: string | undefined;
  readonly email?: string | undefined;
  readonly granted_roles?: readonly string[] | undefined;
}

/** The changes to a user. */
export interface UserChange {
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  readonly auth_method?: User['auth_method'] | undefined;
  readonly add_roles?: readonly string[] | undefined;
  readonly remove_roles?: readonly string[] | undefined;
}

/** A mapping from a group to roles. */
export interface Mapping {
  readonly group: string;
  readonly roles: readonly string[];
  readonly note: string | null;
  readonly changed_by: string | null;
  readonly changed_at: string | null;
  /** `null` for a mapping from the configuration. */
  readonly version: number | null;
  readonly source: 'directory' | 'configuration';
}

/** The new content of a mapping. */
export interface MappingChange {
  readonly roles: readonly string[];
  readonly note?: string | undefined;
  readonly allow_wildcard?: true | undefined;
}

/** How many users would gain or lose roles by a mapping. */
export interface Preview {
  readonly users: number;
  readonly gained: Readonly<Record<string, number>>;
  readonly lost: Readonly<Record<string, number>>;
}

/** A device of any user. */
export interface OwnedDevice extends Device {
  readonly subject: string;
  readonly version: number;
}

/** A value in the audit trail. */
export type AuditValue = string | boolean | readonly string[];

/** An entry in the audit trail. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: { readonly subject: string | null; readonly address: string | null };
  readonly action: string;
  readonly subject: string | null;
  readonly group: string | null;
  readonly device_id: string | null;
  readonly changes: Readonly<
    Record<string, { readonly from?: AuditValue | undefined; readonly to?: AuditValue | undefined }>
  >;
}

/** The user or request to explain. */
export type Question =
  | { readonly subject: string }
  | {
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly peer?: string | undefined;
      readonly target?: string | undefined;
    };

/** One step of the processing of a request. */
export type Step =
  | { readonly step: 'peer'; readonly address: string | null; readonly trusted: boolean }
  | { readonly step: 'target'; readonly target: string; readonly canonical: boolean; readonly unguarded: boolean }
  | { readonly step: 'proxy_secret'; readonly required: boolean; readonly held: boolean; readonly assumed: boolean }
  | { readonly step: 'headers'; readonly headers: readonly HeaderSeen[] }
  | {
      readonly step: 'assertion';
      readonly subject: string;
      readonly display_name: string | null;
      readonly email: string | null;
      readonly groups: readonly string[] | null;
      readonly left_out: readonly ('display_name' | 'email' | 'groups')[];
    }
  | {
      readonly step: 'account';
      readonly user: User | null;
      readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
    }
  | { readonly step: 'mappings'; readonly mappings: readonly Match[] }
  | {
      readonly step: 'roles';
      readonly managed: readonly string[];
      readonly granted: readonly string[];
      readonly roles: readonly string[];
    }
  | {
      readonly step: 'admission';
      readonly header: string | null;
      readonly session: string | null;
      readonly token: string | null;
    };

/** An identity header of the request. */
export interface HeaderSeen {
  readonly name: string;
  readonly kind: 'user' | 'name' | 'email' | 'groups' | 'secret' | 'alias';
  readonly value: string | null;
  readonly code: string | null;
}

/** A mapping that matches the user's groups. */
export interface Match {
  readonly group: string;
  readonly source: Mapping['source'];
  readonly matched: readonly string[];
  readonly roles: readonly string[];
}

/** The outcome of a request, and the steps that lead to it. */
export interface Explanation {
  readonly outcome: 'admitted' | 'refused' | 'nobody';
  readonly code: string | null;
  readonly steps: readonly Step[];
}

/** One page of a list, with the cursor of the next. */
export interface Part<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Filters of a list. A missing or empty filter has no effect. */
export type Filters = Readonly<Record<string, string>>;

const segment = encodeURIComponent;
const seen = (version: number | null): CallOptions => ({
  headers: version === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${version}"` },
});

/** Returns the URL of a list with these filters. */
function listOf(path: string, filters: Filters): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString();
  return query === '' ? path : `${path}?${query}`;
}

// The group is a query parameter, because some proxies do not accept all of its characters in a path.
const mappingAt = (group: string, dryRun = false) =>
  listOf('admin/group-roles', { group, dry_run: dryRun ? 'true' : '' });

export const adminApi = {
  users: async (filters: Filters, signal: AbortSignal): Promise<Part<User>> => {
    const path = listOf('admin/users', filters);
    const { users, next } = await call<{ users: User[]; next: string | null }>('GET', path, undefined, { signal });
    return { items: users, next };
  },
  user: (id: string, signal?: AbortSignal) =>
    call<User>('GET', `admin/users/${segment(id)}`, undefined, signal === undefined ? {} : { signal }),
  addUser: (user: NewUser) => call<User>('POST', 'admin/users', user),
  changeUser: ({ id, version }: User, change: UserChange) =>
    call<User>('PATCH', `admin/users/${segment(id)}`, change, seen(version)),
  deleteUser: ({ id, version }: User) => call<unknown>('DELETE', `admin/users/${segment(id)}`, {}, seen(version)),
  mappings: async () => (await call<{ group_roles: readonly Mapping[] }>('GET', 'admin/group-roles')).group_roles,
  /** @param version The version that the administrator has seen. `null` if the mapping did not exist. */
  setMapping: (group: string, change: MappingChange, version: number | null) =>
    call<Mapping>('PUT', mappingAt(group), change, seen(version)),
  deleteMapping: ({ group, version }: Mapping) => call<unknown>('DELETE', mappingAt(group), {}, seen(version)),
  previewMapping: (group: string, change: MappingChange, signal: AbortSignal) =>
    call<Preview>('PUT', mappingAt(group, true), change, { signal }),
  previewDeletion: (group: string) => call<Preview>('DELETE', mappingAt(group, true)),
  devices: async (filters: Filters, signal: AbortSignal): Promise<Part<OwnedDevice>> => {
    const path = listOf('admin/devices', filters);
    const found = await call<{ devices: OwnedDevice[]; next: string | null }>('GET', path, undefined, { signal });
    return { items: found.devices, next: found.next };
  },
  revoke: ({ id, version }: OwnedDevice) => call<unknown>('DELETE', `admin/devices/${segment(id)}`, {}, seen(version)),
  audit: async (filters: Filters, signal: AbortSignal): Promise<Part<AuditEntry>> => {
    const path = listOf('admin/audit', filters);
    const found = await call<{ entries: AuditEntry[]; next: string | null }>('GET', path, undefined, { signal });
    return { items: found.entries, next: found.next };
  },
  /** Returns the URL of a file with all entries that match these filters. */
  auditFile: (filters: Filters) => listOf('admin/audit', { ...filters, format: 'jsonl' }),
  explain: (question: Question) => call<Explanation>('POST', 'admin/explain', question),
};
