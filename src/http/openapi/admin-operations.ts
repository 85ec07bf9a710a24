// Describes the routes of `router` for administrators.
import { auditActions } from '../../vocabulary/words.js';
import { ownedDevicesResponse } from './account-schemas.js';
import {
  type AdminPath,
  adminReadErrors,
  adminWriteErrors,
  changeHeaders,
  filter,
  page,
  versionedErrors,
} from './admin-parts.js';
import { auditEntry, auditResponse } from './admin-schemas.js';
import { explainRequest, explainResponse } from './explain-schemas.js';
import { mappingPaths } from './mapping-operations.js';
import { type Fields, json, noContent, ok, type PathEntry } from './operation.js';
import { oneWordOf, shortText, text, uuid } from './schema.js';
import { userPaths } from './user-operations.js';

/** Returns the paths below `admin`. */
export function adminPaths(): readonly PathEntry[] {
  return [...userPaths, ...mappingPaths, ...otherPaths].map((entry) => ({ tag: 'Administration', ...entry }));
}

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
      errors: [...adminReadErrors, 'ERR_PAGE', 'ERR_SUBJECT_INVALID'],
    },
  },
  {
    path: '/admin/devices/{id}',
    parameters: { id: { description: 'The id of the device.', schema: uuid } },
    delete: {
      id: 'revokeDeviceOfUser',
      summary: 'Revoke a device of any user',
      access: 'browser',
      headers: changeHeaders,
      answers: [noContent('Revoked.')],
      errors: [...versionedErrors, 'ERR_DEVICE_UNKNOWN', 'ERR_USER_UNKNOWN'],
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
      errors: [...adminReadErrors, 'ERR_PAGE', 'ERR_SUBJECT_INVALID'],
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
      errors: [...adminWriteErrors, 'ERR_SUBJECT_INVALID'],
    },
  },
];
