// A stand-in for the API for administrators, with versions, cursors and dry runs as in the real one.
import type { MappingPreviewResponse } from '../../src/vocabulary/wire/admin-json.js';
import type { ExplainResponse } from '../../src/vocabulary/wire/explain-json.js';
import type { Unchecked } from '../../src/vocabulary/wire/unchecked.js';
import type { StandInEntry, StandInMapping, StandInOwned, StandInUser } from './admin-samples.js';
import {
  type Answered,
  type Asked,
  administrator,
  isRoleName,
  matches,
  page,
  problem,
  refusedVersion,
  rolesOf,
  sorted,
  unknownName,
} from './stand-in-answers.js';
import { standInUsers } from './stand-in-users.js';

/** The data of the stand-in's API for administrators. */
export interface StandInAdmin {
  readonly users: StandInUser[];
  readonly mappings: StandInMapping[];
  readonly devices: StandInOwned[];
  readonly entries: StandInEntry[];
  /** The answer to every `POST admin/explain`. Default: an explanation made from the user's row. */
  explanation: Unchecked<ExplainResponse> | undefined;
  answer(asked: Asked): Answered;
}

/** Starts without data. */
export function standInAdmin(): StandInAdmin {
  const users: StandInUser[] = [];
  const mappings: StandInMapping[] = [];
  const devices: StandInOwned[] = [];
  const entries: StandInEntry[] = [];
  const { shown, answer: answerUsers } = standInUsers(users, mappings, devices);

  function answerMappings({ method, query, headers, body }: Asked): Answered {
    if (method === 'GET') return { status: 200, body: { generation: 1, group_roles: mappings } };
    const group = query.get('group') ?? '';
    const index = mappings.findIndex((mapping) => mapping.group === group && mapping.source === 'directory');
    const mapping = mappings[index];
    const roles = method === 'PUT' ? (body['roles'] as string[]) : [];
    if (method === 'PUT' && (roles.length === 0 || !roles.every(isRoleName))) {
      return problem(400, 'Invalid role name', 'ERR_ROLE_NAME');
    }
    if (group.includes('*') && roles.includes(administrator) && body['allow_wildcard'] !== true) {
      return problem(409, 'A group with a wildcard would give the administrator role', 'ERR_WILDCARD_ADMINISTRATOR');
    }
    const next: StandInMapping = {
      group,
      roles: sorted(roles),
      note: (body['note'] as string | undefined) ?? null,
      changed_by: 'ada',
      changed_at: new Date().toISOString(),
      version: (mapping?.version ?? 0) + 1,
      source: 'directory',
    };
    const others = mappings.filter((other) => other !== mapping);
    if (query.get('dry_run') === 'true') {
      return { status: 200, body: preview(users, mappings, method === 'PUT' ? [...others, next] : others) };
    }
    const isNew = method === 'PUT' && headers['if-none-match'] === '*';
    if (isNew && mapping) return problem(412, 'Somebody else changed it meanwhile', 'ERR_VERSION');
    const refused = isNew ? undefined : refusedVersion(headers, mapping?.version ?? undefined);
    if (refused) return refused;
    mappings.splice(0, mappings.length, ...others, ...(method === 'PUT' ? [next] : []));
    mappings.sort((one, other) => (one.group < other.group ? -1 : 1));
    return method === 'PUT'
      ? { status: isNew ? 201 : 200, body: next, headers: { ETag: `"${next.version}"` } }
      : { status: 204 };
  }

  function answerDevices({ method, path, query, headers }: Asked): Answered {
    if (method === 'GET') {
      const unknown = unknownName(query, ['search', 'subject', 'limit', 'cursor']);
      if (unknown) return unknown;
      const search = (query.get('search') ?? '').toLowerCase();
      const found = devices.filter(
        ({ name, client_id: client, subject }) =>
          [name, client, subject].some((text) => text.toLowerCase().includes(search)) &&
          (query.get('subject') ?? subject) === subject,
      );
      return page(query, 'devices', found);
    }
    const index = devices.findIndex(({ id }) => id === decodeURIComponent(path.split('/')[2] ?? ''));
    const device = devices[index];
    if (device === undefined) return problem(404, 'No such device', 'ERR_DEVICE_UNKNOWN');
    const refused = refusedVersion(headers, device.version);
    if (refused) return refused;
    devices.splice(index, 1);
    return { status: 204 };
  }

  function answerAudit({ query }: Asked): Answered {
    const names = ['actor', 'action', 'subject', 'group', 'device_id', 'since', 'until', 'limit', 'cursor', 'format'];
    const unknown = unknownName(query, names);
    if (unknown) return unknown;
    const found = entries.filter(
      ({ actor, action, subject, at }) =>
        (query.get('actor') ?? actor.subject) === actor.subject &&
        (query.get('action') ?? action) === action &&
        (query.get('subject') ?? subject) === subject &&
        Date.parse(query.get('since') ?? at) <= Date.parse(at) &&
        Date.parse(query.get('until') ?? at) >= Date.parse(at),
    );
    if (query.get('format') !== 'jsonl') return page(query, 'entries', found);
    return {
      status: 200,
      body: found.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
      headers: { 'Content-Type': 'application/x-ndjson', 'Content-Disposition': 'attachment; filename="audit.jsonl"' },
    };
  }

  function answerExplain({ body }: Asked): Answered {
    if (admin.explanation !== undefined) return { status: 200, body: admin.explanation };
    const user = users.find(({ subject }) => subject === body['subject']);
    const groups = user?.groups ?? [];
    const matching = mappings
      .map(({ group, source, roles }) => ({
        group,
        source,
        matched: groups.filter((name) => matches(group, name)),
        roles,
      }))
      .filter(({ matched }) => matched.length > 0);
    const steps = [
      { step: 'account', user: user === undefined ? null : shown(user), provisioning: 'none' },
      { step: 'mappings', mappings: matching },
    ];
    return { status: 200, body: { outcome: 'admitted', code: null, steps } };
  }

  const admin: StandInAdmin = {
    users,
    mappings,
    devices,
    entries,
    explanation: undefined,
    answer(asked) {
      const what = asked.path.split('/')[1];
      if (what === 'users') return answerUsers(asked);
      if (what === 'group-roles') return answerMappings(asked);
      if (what === 'devices') return answerDevices(asked);
      if (what === 'audit') return answerAudit(asked);
      if (what === 'explain') return answerExplain(asked);
      return problem(404, 'Not found', 'ERR_NOT_FOUND');
    },
  };
  return admin;
}

function preview(
  users: readonly StandInUser[],
  before: readonly StandInMapping[],
  after: readonly StandInMapping[],
): MappingPreviewResponse {
  const gained: Record<string, number> = {};
  const lost: Record<string, number> = {};
  let changed = 0;
  for (const { groups, auth_method: method } of users) {
    if (method === 'local') continue;
    const [had, has] = [rolesOf(groups, before), rolesOf(groups, after)];
    const [more, less] = [has.filter((role) => !had.includes(role)), had.filter((role) => !has.includes(role))];
    if (more.length + less.length > 0) changed += 1;
    for (const role of more) gained[role] = (gained[role] ?? 0) + 1;
    for (const role of less) lost[role] = (lost[role] ?? 0) + 1;
  }
  return { users: changed, gained, lost };
}
