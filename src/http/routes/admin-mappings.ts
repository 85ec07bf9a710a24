// Routes for administrators: the mappings from groups to roles.
import type { Request, Response } from 'express';
import { checkGroup, checkKnownGroup, checkNote } from '../../directory/administration/field-rules.js';
import { type ListedMapping, listedMappings } from '../../directory/administration/mapping-administration.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type {
  MappingPreviewResponse,
  MappingsResponse,
  SetMappingRequest,
  WireMapping,
} from '../../vocabulary/wire/admin-json.js';
import { membersOf, onlyMembers } from '../body-members.js';
import type { AdminEndpoint, Methods } from '../endpoint.js';
import { actorOf } from '../guards.js';
import { requiredVersion, requiredVersionOrNone, sendVersion } from '../precondition.js';
import { queryOf } from '../query.js';
import type { HttpServices } from '../services.js';

/** Adds the routes `admin/group-roles` and `admin/group-roles/:group`. */
export function mappingRoutes(
  add: AdminEndpoint,
  services: Pick<HttpServices, 'administration' | 'configuredGroupRoles' | 'directory'>,
): void {
  const { configuredGroupRoles, directory } = services;
  const { mappings } = services.administration;

  async function put(req: Request, res: Response): Promise<void> {
    const { group, dryRun } = targetOf(req, checkGroup);
    onlyMembers<SetMappingRequest>(req, { roles: true, note: true, allow_wildcard: true });
    const body = membersOf<SetMappingRequest>(req);
    const roles = body.optionalTexts('roles', { max: 64 }) ?? [];
    // Without this check, a dry run with an empty list of roles would preview the deletion of the mapping.
    if (roles.length === 0) throw new LatchkeyError('ERR_ROLE_NAME');
    const allowWildcard = body.optionalFlag('allow_wildcard');
    const given = body.optionalText('note', { max: labelRoom(textLimits.note) });
    const note = given === undefined ? undefined : checkNote(given);
    if (dryRun) {
      res.json((await mappings.preview(group, roles, { allowWildcard })) satisfies MappingPreviewResponse);
      return;
    }
    const version = requiredVersionOrNone(req);
    const mapping = await mappings.set(group, roles, { note, allowWildcard, by: actorOf(req), version });
    res.status(version === 'none' ? 201 : 200);
    sendVersion(res, mapping.version, mappingJson({ ...mapping, source: 'directory' }));
  }

  async function deleteMapping(req: Request, res: Response): Promise<void> {
    const { group, dryRun } = targetOf(req, checkKnownGroup);
    if (dryRun) {
      res.json((await mappings.preview(group, [])) satisfies MappingPreviewResponse);
      return;
    }
    await mappings.delete(group, { by: actorOf(req), version: requiredVersion(req) });
    res.status(204).end();
  }

  const changes = { put, delete: deleteMapping } satisfies Methods;

  add('group-roles', {
    async get(req, res) {
      queryOf(req, []);
      const table = await directory.mapping();
      const listed = listedMappings(table, configuredGroupRoles);
      res.json({ generation: table.generation, group_roles: listed.map(mappingJson) } satisfies MappingsResponse);
    },
    ...changes,
  });
  add('group-roles/:group', changes);
}

function mappingJson(mapping: ListedMapping): WireMapping {
  const { group, roles, source } = mapping;
  const known = source === 'directory' ? mapping : undefined;
  return {
    group,
    roles,
    note: known?.note ?? null,
    changed_by: known?.changedBy ?? null,
    changed_at: known?.changedAt.toISOString() ?? null,
    version: known?.version ?? null,
    source,
  };
}

/**
 * Returns the group that a request names, and whether the request is a dry run. The group is usually part of the path.
 * If it contains slashes, backslashes or percent signs, clients send it as `?group=`, because a proxy might change a
 * path with such characters.
 */
function targetOf(
  req: Request,
  checked: (group: string) => string,
): { readonly group: string; readonly dryRun: boolean } {
  const inPath = req.params['group'];
  const query = queryOf(req, inPath === undefined ? ['group', 'dry_run'] : ['dry_run']);
  const group = inPath ?? query.value('group');
  if (typeof group !== 'string') throw new LatchkeyError('ERR_QUERY', { detail: 'The parameter group is missing.' });
  return { group: checked(group), dryRun: query.flag('dry_run') ?? false };
}
