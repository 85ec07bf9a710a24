// The client of the administrators' HTTP API. A request that changes an existing record contains the version that the
// administrator has seen.
import type {
  AuditResponse,
  CreateUserRequest,
  LinkUserRequest,
  MappingPreviewResponse,
  MappingsResponse,
  RenameUserRequest,
  SetMappingRequest,
  UpdateUserRequest,
  UsersResponse,
  WireAuditEntry,
  WireMapping,
  WireUser,
} from '../../../vocabulary/wire/admin-json.js';
import type { OwnedDevicesResponse, WireOwnedDevice } from '../../../vocabulary/wire/device-json.js';
import type { ExplainRequest, ExplainResponse } from '../../../vocabulary/wire/explain-json.js';
import { type CallOptions, call } from '../shared/page-api.js';

/** One page of a list, and the cursor for the next page. */
export interface Part<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Filters of a list. An empty filter counts as missing. */
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

// The group is a query parameter, because some proxies do not accept all characters of group names in a path.
const mappingAt = (group: string, dryRun = false) =>
  listOf('admin/group-roles', { group, dry_run: dryRun ? 'true' : '' });

export const adminApi = {
  users: async (filters: Filters, signal: AbortSignal): Promise<Part<WireUser>> => {
    const path = listOf('admin/users', filters);
    const { users, next } = await call<UsersResponse>('GET', path, undefined, { signal });
    return { items: users, next };
  },
  user: (id: string, signal?: AbortSignal) =>
    call<WireUser>('GET', `admin/users/${segment(id)}`, undefined, signal === undefined ? {} : { signal }),
  addUser: (user: CreateUserRequest) => call<WireUser>('POST', 'admin/users', user),
  changeUser: ({ id, version }: WireUser, change: UpdateUserRequest) =>
    call<WireUser>('PATCH', `admin/users/${segment(id)}`, change, seen(version)),
  renameUser: ({ id, version }: WireUser, request: RenameUserRequest) =>
    call<WireUser>('POST', `admin/users/${segment(id)}/rename`, request, seen(version)),
  linkUser: ({ id, version }: WireUser, request: LinkUserRequest) =>
    call<WireUser>('PUT', `admin/users/${segment(id)}/host-user`, request, seen(version)),
  unlinkUser: ({ id, version }: WireUser) =>
    call<WireUser>('DELETE', `admin/users/${segment(id)}/host-user`, {}, seen(version)),
  deleteUser: ({ id, version }: WireUser) => call<unknown>('DELETE', `admin/users/${segment(id)}`, {}, seen(version)),
  mappings: async () => (await call<MappingsResponse>('GET', 'admin/group-roles')).group_roles,
  /** @param version The version that the administrator has seen, or `null` if the mapping did not exist. */
  setMapping: (group: string, change: SetMappingRequest, version: number | null) =>
    call<WireMapping>('PUT', mappingAt(group), change, seen(version)),
  deleteMapping: ({ group, version }: WireMapping) => call<unknown>('DELETE', mappingAt(group), {}, seen(version)),
  previewMapping: (group: string, change: SetMappingRequest, signal: AbortSignal) =>
    call<MappingPreviewResponse>('PUT', mappingAt(group, true), change, { signal }),
  previewDeletion: (group: string) => call<MappingPreviewResponse>('DELETE', mappingAt(group, true)),
  devices: async (filters: Filters, signal: AbortSignal): Promise<Part<WireOwnedDevice>> => {
    const path = listOf('admin/devices', filters);
    const found = await call<OwnedDevicesResponse>('GET', path, undefined, { signal });
    return { items: found.devices, next: found.next };
  },
  revoke: ({ id, version }: WireOwnedDevice) =>
    call<unknown>('DELETE', `admin/devices/${segment(id)}`, {}, seen(version)),
  audit: async (filters: Filters, signal: AbortSignal): Promise<Part<WireAuditEntry>> => {
    const path = listOf('admin/audit', filters);
    const found = await call<AuditResponse>('GET', path, undefined, { signal });
    return { items: found.entries, next: found.next };
  },
  /** Returns the URL for downloading all audit entries that match these filters. */
  auditFile: (filters: Filters) => listOf('admin/audit', { ...filters, format: 'jsonl' }),
  explain: (question: ExplainRequest) => call<ExplainResponse>('POST', 'admin/explain', question),
};
