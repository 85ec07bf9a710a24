// The schemas of the JSON in vocabulary/wire/admin-json.ts.
import { textLimits } from '../../vocabulary/text-rules.js';
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
  WireAuditValue,
  WireMapping,
  WireUser,
} from '../../vocabulary/wire/admin-json.js';
import { auditActions, authMethods } from '../../vocabulary/words.js';
import {
  about,
  anyOf,
  component,
  count,
  dateTime,
  flag,
  listOf,
  nullable,
  objectOf,
  oneWordOf,
  optional,
  recordOf,
  type Schema,
  shortText,
  text,
  uuid,
} from './schema.js';

const closed = { closed: true } as const;
const texts = listOf(text);
const roleNames = listOf(shortText(textLimits.role));

export const user: Schema<WireUser> = component(
  'User',
  objectOf<WireUser>({
    id: uuid,
    subject: text,
    auth_method: oneWordOf(authMethods),
    display_name: nullable(text),
    email: nullable(text),
    groups: texts,
    managed_roles: texts,
    granted_roles: texts,
    default_roles: optional(
      about('The roles that the option `defaultRoles` gives this user. Absent if there are none.', texts),
    ),
    roles: about('The union of managed, granted and default roles.', texts),
    disabled: flag,
    pending: flag,
    version: count,
    created_at: dateTime,
    updated_at: dateTime,
    last_asserted_at: about(
      'The time at which the proxy last logged this user in. Latchkey records this time only if the option `tokens.suspendAfterDays` is set.',
      nullable(dateTime),
    ),
    host_user_id: about(
      "The id of the row in the server's own users table to which this user is linked.",
      nullable(text),
    ),
  }),
);

const next = about('The cursor of the next page, or `null` if this page is the last.', nullable(text));

export const usersResponse: Schema<UsersResponse> = component(
  'UsersResponse',
  objectOf<UsersResponse>({ users: listOf(user), next }),
);

export const createUserRequest: Schema<CreateUserRequest> = component(
  'CreateUserRequest',
  objectOf<CreateUserRequest>(
    {
      subject: shortText(textLimits.subject),
      auth_method: oneWordOf(authMethods),
      display_name: optional(text),
      email: optional(shortText(textLimits.email)),
      granted_roles: optional(roleNames),
    },
    closed,
  ),
);

export const updateUserRequest: Schema<UpdateUserRequest> = component(
  'UpdateUserRequest',
  objectOf<UpdateUserRequest>(
    {
      disabled: optional(flag),
      pending: optional(flag),
      auth_method: optional(oneWordOf(authMethods)),
      add_roles: optional(about('Roles to add to the granted roles.', roleNames)),
      remove_roles: optional(about('Roles to remove from the granted roles.', roleNames)),
    },
    closed,
  ),
);

export const linkUserRequest: Schema<LinkUserRequest> = component(
  'LinkUserRequest',
  objectOf<LinkUserRequest>(
    { host_user_id: about("The id of the row in the server's own users table.", shortText(255)) },
    closed,
  ),
);

export const renameUserRequest: Schema<RenameUserRequest> = component(
  'RenameUserRequest',
  objectOf<RenameUserRequest>(
    {
      subject: shortText(textLimits.subject),
      merge: optional(
        about('`true` merges the two users if a user with this subject already exists. Default `false`.', flag),
      ),
    },
    closed,
  ),
);

export const mapping: Schema<WireMapping> = component(
  'Mapping',
  objectOf<WireMapping>({
    group: text,
    roles: texts,
    note: nullable(text),
    changed_by: about(
      "The subject of the user who last changed the mapping. `null` if the host's own code changed it, or if the mapping comes from the configuration.",
      nullable(text),
    ),
    changed_at: about('`null` for a mapping of the configuration.', nullable(dateTime)),
    version: about('`null` for a mapping of the configuration.', nullable(count)),
    source: oneWordOf(['directory', 'configuration']),
  }),
);

export const mappingsResponse: Schema<MappingsResponse> = component(
  'MappingsResponse',
  objectOf<MappingsResponse>({
    generation: about('A number that changes whenever the roles in the mappings change.', count),
    group_roles: listOf(mapping),
  }),
);

export const setMappingRequest: Schema<SetMappingRequest> = component(
  'SetMappingRequest',
  objectOf<SetMappingRequest>(
    {
      roles: roleNames,
      note: optional(about('If the note is absent, the mapping has no note after the change.', text)),
      allow_wildcard: optional(about('`true` allows a pattern to give the administrator role. Default `false`.', flag)),
    },
    closed,
  ),
);

export const mappingPreviewResponse: Schema<MappingPreviewResponse> = component(
  'MappingPreviewResponse',
  objectOf<MappingPreviewResponse>({
    users: count,
    gained: about('For each role, the number of users who would gain the role.', recordOf(count)),
    lost: about('For each role, the number of users who would lose the role.', recordOf(count)),
  }),
);

const auditValue: Schema<WireAuditValue> = component('AuditValue', anyOf(text, flag, texts));

export const auditEntry: Schema<WireAuditEntry> = component(
  'AuditEntry',
  objectOf<WireAuditEntry>({
    id: text,
    at: dateTime,
    actor: about(
      "Who made the change. `subject` is `null` if the host's own code or Latchkey itself made the change.",
      objectOf<WireAuditEntry['actor']>({ subject: nullable(text), address: nullable(text) }),
    ),
    action: oneWordOf(auditActions),
    subject: nullable(text),
    group: nullable(text),
    device_id: nullable(text),
    changes: about(
      'The changed values, by field name in snake_case.',
      recordOf(objectOf<WireAuditEntry['changes'][string]>({ from: optional(auditValue), to: optional(auditValue) })),
    ),
  }),
);

export const auditResponse: Schema<AuditResponse> = component(
  'AuditResponse',
  objectOf<AuditResponse>({ entries: listOf(auditEntry), next }),
);
