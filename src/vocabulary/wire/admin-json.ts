// The JSON of the routes for administrators: users, mappings and the audit trail. Dates are in the format of RFC 3339.
import type { AuditAction, AuditValue, AuthMethod } from '../types.js';

/** A user in the form that administrators see. */
export interface WireUser {
  readonly id: string;
  readonly subject: string;
  readonly auth_method: AuthMethod;
  readonly display_name: string | null;
  readonly email: string | null;
  readonly groups: readonly string[];
  readonly managed_roles: readonly string[];
  readonly granted_roles: readonly string[];
  /** The roles that the option `defaultRoles` gives this user. Absent if there are none. */
  readonly default_roles?: readonly string[] | undefined;
  /** The union of managed, granted and default roles. */
  readonly roles: readonly string[];
  readonly disabled: boolean;
  readonly pending: boolean;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  /**
   * The time at which the proxy last logged this user in. Latchkey records this time only if the option
   * `tokens.suspendAfterDays` is set.
   */
  readonly last_asserted_at: string | null;
  /** The id of the row in the server's own users table to which this user is linked. */
  readonly host_user_id: string | null;
}

/** The answer of GET `admin/users`. */
export interface UsersResponse {
  readonly users: readonly WireUser[];
  /** The cursor of the next page, or `null` if this page is the last. */
  readonly next: string | null;
}

/** The body of POST `admin/users`. */
export interface CreateUserRequest {
  readonly subject: string;
  readonly auth_method: AuthMethod;
  readonly display_name?: string | undefined;
  readonly email?: string | undefined;
  readonly granted_roles?: readonly string[] | undefined;
}

/** The body of PATCH `admin/users/:id`. A member that is absent from the body is not changed. */
export interface UpdateUserRequest {
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  readonly auth_method?: AuthMethod | undefined;
  /** Roles to add to the granted roles. */
  readonly add_roles?: readonly string[] | undefined;
  /** Roles to remove from the granted roles. */
  readonly remove_roles?: readonly string[] | undefined;
}

/** The body of PUT `admin/users/:id/host-user`. */
export interface LinkUserRequest {
  /** The id of the row in the server's own users table. */
  readonly host_user_id: string;
}

/** The body of POST `admin/users/:id/rename`. */
export interface RenameUserRequest {
  readonly subject: string;
  /** `true` merges the two users if a user with this subject already exists. Default `false`. */
  readonly merge?: boolean | undefined;
}

/** One group → role mapping. */
export interface WireMapping {
  readonly group: string;
  readonly roles: readonly string[];
  readonly note: string | null;
  /**
   * The subject of the user who last changed the mapping. `null` if the host's own code changed it, or if the mapping
   * comes from the configuration.
   */
  readonly changed_by: string | null;
  /** `null` for a mapping of the configuration. */
  readonly changed_at: string | null;
  /** `null` for a mapping of the configuration. */
  readonly version: number | null;
  readonly source: 'directory' | 'configuration';
}

/** The answer of GET `admin/group-roles`. */
export interface MappingsResponse {
  /** A number that changes whenever the roles in the mappings change. */
  readonly generation: number;
  readonly group_roles: readonly WireMapping[];
}

/** The body of PUT `admin/group-roles/:group`. */
export interface SetMappingRequest {
  readonly roles: readonly string[];
  /** If the note is absent, the mapping has no note after the change. */
  readonly note?: string | undefined;
  /** `true` allows a pattern to give the administrator role. Default `false`. */
  readonly allow_wildcard?: boolean | undefined;
}

/**
 * The answer of PUT and DELETE `admin/group-roles/:group` with `dry_run=true`: how many users the change would affect.
 */
export interface MappingPreviewResponse {
  readonly users: number;
  /** For each role, the number of users who would gain the role. */
  readonly gained: Readonly<Record<string, number>>;
  /** For each role, the number of users who would lose the role. */
  readonly lost: Readonly<Record<string, number>>;
}

/** A value in the audit trail. */
export type WireAuditValue = AuditValue;

/** An entry of the audit trail, both in the list and in the exported file, where each entry is one line. */
export interface WireAuditEntry {
  readonly id: string;
  readonly at: string;
  /** Who made the change. `subject` is `null` if the host's own code or Latchkey itself made the change. */
  readonly actor: { readonly subject: string | null; readonly address: string | null };
  readonly action: AuditAction;
  readonly subject: string | null;
  readonly group: string | null;
  readonly device_id: string | null;
  /** The changed values, by field name in snake_case. */
  readonly changes: Readonly<
    Record<string, { readonly from?: WireAuditValue | undefined; readonly to?: WireAuditValue | undefined }>
  >;
}

/** The answer of GET `admin/audit`. */
export interface AuditResponse {
  readonly entries: readonly WireAuditEntry[];
  /** The cursor of the next page, or `null` if this page is the last. */
  readonly next: string | null;
}
