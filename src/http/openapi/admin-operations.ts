// Describes the routes of `router` for administrators.
import type { ErrorCode } from '../../vocabulary/errors.js';
import { auditActions, authMethods } from '../../vocabulary/words.js';
import { ownedDevicesResponse } from './account-schemas.js';
import {
  auditEntry,
  auditResponse,
  createUserRequest,
  linkUserRequest,
  mapping,
  mappingPreviewResponse,
  mappingsResponse,
  renameUserRequest,
  setMappingRequest,
  updateUserRequest,
  user,
  usersResponse,
} from './admin-schemas.js';
import { browserErrors, writeErrors } from './browser-operations.js';
import { explainRequest, explainResponse } from './explain-schemas.js';
import {
  type Answer,
  type Field,
  type Fields,
  json,
  noContent,
  type Operation,
  ok,
  type PathEntry,
} from './operation.js';
import { type AnySchema, anyOf, flag, oneWordOf, pattern, shortText, text, uuid } from './schema.js';

const read: readonly ErrorCode[] = [...browserErrors, 'ERR_QUERY', 'ERR_ROLE_REQUIRED'];
const write: readonly ErrorCode[] = [...read, ...writeErrors];
const versioned: readonly ErrorCode[] = [...write, 'ERR_NOT_FOUND', 'ERR_VERSION_REQUIRED', 'ERR_VERSION'];

const filter = (description: string, schema: AnySchema = shortText(512)): Field => ({ description, schema });
const version = pattern('^"(0|[1-9][0-9]{0,14})"$');
const etag: Fields = { ETag: { description: 'The version, in quotes.', schema: version, required: true } };
const ifMatch: Field = { description: 'The version that the change is based on, in quotes.', schema: version };
const changes: Fields = { 'If-Match': { ...ifMatch, required: true } };
const userId: Fields = { id: { description: 'The id of the user.', schema: uuid } };
const changedUser: Answer = ok('The user after the change.', user, etag);

const page: Fields = {
  limit: filter('The maximum number of items on the page, from 1 to 1,000. Default 100.', pattern('^[1-9][0-9]{0,3}$')),
  cursor: filter('The member `next` of the previous page. Default: the first page.', text),
};

/** Returns the paths below `admin`. */
export function adminPaths(): readonly PathEntry[] {
  return [...userPaths, ...mappingPaths, ...otherPaths].map((entry) => ({ tag: 'Administration', ...entry }));
}

type AdminPath = Omit<PathEntry, 'tag'>;

function changeOfUser(operation: Pick<Operation, 'id' | 'summary' | 'body' | 'errors'>): Operation {
  return {
    access: 'browser',
    headers: changes,
    answers: [changedUser],
    ...operation,
    errors: [...versioned, 'ERR_USER_UNKNOWN', ...operation.errors],
  };
}

const userPaths: readonly AdminPath[] = [
  {
    path: '/admin/users',
    get: {
      id: 'listUsers',
      summary: 'List users',
      access: 'browser',
      query: {
        search: filter('A part of the subject, the name or the email address.', shortText(255)),
        auth_method: filter('How the user logs in.', oneWordOf(authMethods)),
        role: filter('A role that the user has.', shortText(64)),
        disabled: filter('Whether the account is disabled.', flag),
        pending: filter('Whether the account is waiting for approval.', flag),
        ...page,
      },
      answers: [ok('A page of users.', usersResponse)],
      errors: [...read, 'ERR_PAGE', 'ERR_ROLE_NAME', 'ERR_SUBJECT_INVALID'],
    },
    post: {
      id: 'createUser',
      summary: 'Create a user',
      access: 'browser',
      body: { schema: createUserRequest },
      answers: [
        {
          status: 201,
          description: 'The new user.',
          headers: { ...etag, Location: { description: 'The path of the user.', schema: text, required: true } },
          content: json(user),
        },
      ],
      errors: [
        ...write,
        'ERR_SUBJECT_INVALID',
        'ERR_SUBJECT_TAKEN',
        'ERR_SUBJECT_CASE',
        'ERR_USER_PROFILE',
        'ERR_ROLE_NAME',
      ],
    },
  },
  {
    path: '/admin/users/{id}',
    parameters: userId,
    get: {
      id: 'getUser',
      summary: 'Show a user',
      access: 'browser',
      answers: [ok('The user.', user, etag)],
      errors: [...read, 'ERR_NOT_FOUND', 'ERR_USER_UNKNOWN'],
    },
    patch: changeOfUser({
      id: 'updateUser',
      summary: 'Change a user',
      body: { schema: updateUserRequest },
      errors: ['ERR_ROLE_NAME', 'ERR_LAST_ADMINISTRATOR', 'ERR_SUBJECT_INVALID'],
    }),
    delete: {
      ...changeOfUser({
        id: 'deleteUser',
        summary: 'Delete a user and the devices of the user',
        errors: ['ERR_LAST_ADMINISTRATOR'],
      }),
      answers: [noContent('Deleted.')],
    },
  },
  {
    path: '/admin/users/{id}/host-user',
    parameters: userId,
    put: changeOfUser({
      id: 'linkUser',
      summary: "Link a user to a row of the server's own users table",
      body: { schema: linkUserRequest },
      errors: ['ERR_HOST_USER_ID', 'ERR_HOST_USER_TAKEN', 'ERR_HOST_USER_LINKED'],
    }),
    delete: changeOfUser({
      id: 'unlinkUser',
      summary: "Remove the link to the server's own users table",
      errors: [],
    }),
  },
  {
    path: '/admin/users/{id}/rename',
    parameters: userId,
    post: changeOfUser({
      id: 'renameUser',
      summary: 'Rename a user, or merge two users',
      body: { schema: renameUserRequest },
      errors: [
        'ERR_SUBJECT_INVALID',
        'ERR_SUBJECT_TAKEN',
        'ERR_SUBJECT_CASE',
        'ERR_HOST_USER_LINKED',
        'ERR_LAST_ADMINISTRATOR',
      ],
    }),
  },
];

const dryRun = filter('`true` only reports what the change would do. Default `false`.', flag);
const group: Fields = { group: { description: 'The group, which may be a pattern.', schema: text } };
const mappingErrors: readonly ErrorCode[] = [...versioned, 'ERR_GROUP_NAME', 'ERR_LAST_ADMINISTRATOR'];

/** Describes PUT and DELETE of a mapping. The group is in the query or in the path. */
function mappingChanges(suffix: string, query: Fields): Pick<PathEntry, 'put' | 'delete'> {
  return {
    put: {
      id: `setMapping${suffix}`,
      summary: 'Set the roles of a group',
      description: 'Send `If-None-Match: *` for a new mapping, and `If-Match` otherwise. A dry run needs neither.',
      access: 'browser',
      query: { ...query, dry_run: dryRun },
      headers: {
        'If-Match': ifMatch,
        'If-None-Match': { description: '`*` if the mapping must not exist yet.', schema: pattern('^ *\\* *$') },
      },
      body: { schema: setMappingRequest },
      answers: [
        {
          status: 200,
          description: 'The changed mapping. For a dry run, what the change would do.',
          headers: { ETag: { description: 'The version, in quotes. Absent for a dry run.', schema: text } },
          content: json(anyOf(mapping, mappingPreviewResponse)),
        },
        { status: 201, description: 'The new mapping.', headers: etag, content: json(mapping) },
      ],
      errors: [...mappingErrors, 'ERR_ROLE_NAME', 'ERR_MAPPING_NOTE', 'ERR_WILDCARD_ADMINISTRATOR'],
    },
    delete: {
      id: `deleteMapping${suffix}`,
      summary: 'Delete the mapping of a group',
      access: 'browser',
      query: { ...query, dry_run: dryRun },
      headers: { 'If-Match': { ...ifMatch, description: 'The version in quotes. A dry run needs none.' } },
      answers: [noContent('Deleted.'), ok('For a dry run, what the change would do.', mappingPreviewResponse)],
      errors: [...mappingErrors, 'ERR_MAPPING_UNKNOWN'],
    },
  };
}

const mappingPaths: readonly AdminPath[] = [
  {
    path: '/admin/group-roles',
    get: {
      id: 'listMappings',
      summary: 'List all mappings from groups to roles',
      access: 'browser',
      answers: [ok('All mappings.', mappingsResponse)],
      errors: read,
    },
    ...mappingChanges('', { group: { ...(group['group'] as Field), required: true } }),
  },
  { path: '/admin/group-roles/{group}', parameters: group, ...mappingChanges('InPath', {}) },
];

const auditFilters: Fields = {
  actor: filter('The subject of the user who made the change.'),
  action: filter('What was done.', oneWordOf(auditActions)),
  subject: filter('The subject of the user whom the change affects.'),
  group: filter('The group whose mapping was changed.'),
  device_id: filter('The id of the device that the change affects.', shortText(64)),
  since: filter('A date, or a date with a time and an offset (RFC 3339), inclusive.', text),
  until: filter('A date, or a date with a time and an offset (RFC 3339), exclusive.', text),
};

const otherPaths: readonly AdminPath[] = [
  {
    path: '/admin/devices',
    get: {
      id: 'searchDevices',
      summary: 'List the devices of all users, newest first',
      access: 'browser',
      query: {
        search: filter('A part of the name, the app or the owner.', shortText(255)),
        subject: filter('The subject of the owner.'),
        ...page,
      },
      answers: [ok('A page of devices.', ownedDevicesResponse)],
      errors: [...read, 'ERR_PAGE', 'ERR_SUBJECT_INVALID'],
    },
  },
  {
    path: '/admin/devices/{id}',
    parameters: { id: { description: 'The id of the device.', schema: uuid } },
    delete: {
      id: 'revokeDeviceOfUser',
      summary: 'Revoke a device of any user',
      access: 'browser',
      headers: changes,
      answers: [noContent('Revoked.')],
      errors: [...versioned, 'ERR_DEVICE_UNKNOWN', 'ERR_USER_UNKNOWN'],
    },
  },
  {
    path: '/admin/audit',
    get: {
      id: 'listAuditEntries',
      summary: 'List the audit trail, newest first, or download it',
      access: 'browser',
      query: {
        ...auditFilters,
        ...page,
        format: filter('`jsonl` downloads all entries as one file, without pages.', oneWordOf(['jsonl'])),
      },
      answers: [
        {
          status: 200,
          description: 'A page of entries, or all entries with one entry per line.',
          headers: { 'Content-Disposition': { description: 'The name of the downloaded file.', schema: text } },
          content: { ...json(auditResponse), 'application/x-ndjson': { schema: text, item: auditEntry } },
        },
      ],
      errors: [...read, 'ERR_PAGE', 'ERR_SUBJECT_INVALID'],
    },
  },
  {
    path: '/admin/explain',
    post: {
      id: 'explain',
      summary: 'Explain how a request would be treated, without changing anything',
      access: 'browser',
      body: { schema: explainRequest },
      answers: [ok('The outcome and its steps.', explainResponse)],
      errors: [...write, 'ERR_SUBJECT_INVALID'],
    },
  },
];
