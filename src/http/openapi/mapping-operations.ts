// Describes the routes of `router` for the mappings from groups to roles.
import type { ErrorCode } from '../../vocabulary/errors.js';
import { type AdminPath, adminReadErrors, etag, filter, ifMatch, versionedErrors } from './admin-parts.js';
import { mapping, mappingPreviewResponse, mappingsResponse, setMappingRequest } from './admin-schemas.js';
import { type Field, type Fields, json, noContent, ok, type PathEntry } from './operation.js';
import { anyOf, flag, pattern, text } from './schema.js';

const dryRun = filter('`true` only reports what the change would do. Default `false`.', flag);
const group: Fields = { group: { description: 'The group, which may be a pattern.', schema: text } };
const mappingErrors: readonly ErrorCode[] = [...versionedErrors, 'ERR_GROUP_NAME', 'ERR_LAST_ADMINISTRATOR'];

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

/** The paths of mappings. */
export const mappingPaths: readonly AdminPath[] = [
  {
    path: '/admin/group-roles',
    get: {
      id: 'listMappings',
      summary: 'List all mappings from groups to roles',
      access: 'browser',
      answers: [ok('All mappings.', mappingsResponse)],
      errors: adminReadErrors,
    },
    ...mappingChanges('', { group: { ...(group['group'] as Field), required: true } }),
  },
  { path: '/admin/group-roles/{group}', parameters: group, ...mappingChanges('InPath', {}) },
];
