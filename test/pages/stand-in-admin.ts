// A stand-in for the API for administrators, with versions, cursors and dry runs as in the real one.
import type {
  CreateUserRequest,
  MappingPreviewResponse,
  UpdateUserRequest,
  WireUser,
} from '../../src/vocabulary/wire/admin-json.js';
import type { ExplainResponse } from '../../src/vocabulary/wire/explain-json.js';
import type { Unchecked } from '../../src/vocabulary/wire/unchecked.js';
import { aUser, type StandInEntry, type StandInMapping, type StandInOwned, type StandInUser } from './admin-samples.js';

/** A request as the stand-in sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A response of the stand-in. */
export interface Answered {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

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

const administrator = 'admin';

/** Starts without data. */
export function standInAdmin(): StandInAdmin {
  const users: StandInUser[] = [];
  const mappings: StandInMapping[] = [];
  const devices: StandInOwned[] = [];
  const entries: StandInEntry[] = [];

  function shown(user: StandInUser): WireUser {
    const managed = user.auth_method === 'proxy' ? rolesOf(user.groups, mappings) : [];
    return { ...user, managed_roles: managed, roles: sorted([...managed, ...user.granted_roles]) };
  }

  function answerUsers({ method, path, query, headers, body }: Asked): Answered {
    const id = decodeURIComponent(path.split('/')[2] ?? '');
    if (id === '' && method === 'POST') return addUser(body);
    if (id === '') {
      const unknown = unknownName(query, ['search', 'auth_method', 'role', 'disabled', 'pending', 'limit', 'cursor']);
      if (unknown) return unknown;
      const search = (query.get('search') ?? '').toLowerCase();
      const found = users.filter(
        (user) =>
          [user.subject, user.display_name, user.email].some((text) => text?.toLowerCase().includes(search)) &&
          (query.get('auth_method') ?? user.auth_method) === user.auth_method &&
          (query.get('disabled') ?? String(user.disabled)) === String(user.disabled) &&
          (query.get('pending') ?? String(user.pending)) === String(user.pending) &&
          (query.get('role') === null || shown(user).roles.includes(query.get('role') ?? '')),
      );
      return page(query, 'users', found.map(shown));
    }
    const index = users.findIndex((user) => user.id === id);
    const user = users[index];
    if (user === undefined) return problem(404, 'No such user', 'ERR_USER_UNKNOWN');
    const tagged = (): Answered => ({ status: 200, body: shown(user), headers: { ETag: `"${user.version}"` } });
    if (method === 'GET') return tagged();
    const refused = refusedVersion(headers, user.version);
    if (refused) return refused;
    if (method === 'DELETE') {
      users.splice(index, 1);
      return { status: 204 };
    }
    const {
      add_roles: added = [],
      remove_roles: removed = [],
      auth_method = user.auth_method,
      disabled = user.disabled,
      pending = user.pending,
    }: UpdateUserRequest = body;
    if (!added.every(isRoleName)) {
      return problem(400, 'Invalid role name', 'ERR_ROLE_NAME');
    }
    const granted = sorted([...user.granted_roles, ...added]).filter((role) => !removed.includes(role));
    const next: StandInUser = { ...user, auth_method, disabled, pending, granted_roles: granted };
    const administrators = [...users.filter((other) => other !== user), next].filter(
      (one) => !one.disabled && shown(one).roles.includes(administrator),
    );
    const before = users.some((one) => !one.disabled && shown(one).roles.includes(administrator));
    if (before && administrators.length === 0) {
      return problem(409, 'No administrator would remain', 'ERR_LAST_ADMINISTRATOR');
    }
    Object.assign(user, next, { version: user.version + 1 });
    return tagged();
  }

  function addUser(body: Asked['body']): Answered {
    const {
      subject,
      auth_method,
      display_name,
      email,
      granted_roles: roles = [],
    } = body as unknown as CreateUserRequest;
    if (users.some((user) => user.subject === subject)) {
      return problem(409, 'A user with this subject already exists', 'ERR_SUBJECT_TAKEN');
    }
    if (!roles.every(isRoleName)) return problem(400, 'Invalid role name', 'ERR_ROLE_NAME');
    const user = aUser(subject, {
      auth_method,
      display_name: display_name ?? null,
      email: email ?? null,
      granted_roles: sorted(roles),
      last_asserted_at: null,
      host_user_id: null,
    });
    users.push(user);
    return { status: 201, body: shown(user), headers: { ETag: '"1"' } };
  }

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

function isRoleName(role: string): boolean {
  return /^[\p{L}\p{N}][\w.:/@-]*$/u.test(role);
}

function problem(status: number, title: string, code: string): Answered {
  return { status, body: { title, code } };
}

function unknownName(query: URLSearchParams, names: readonly string[]): Answered | undefined {
  const known = [...query.keys()].every((name) => names.includes(name));
  return known ? undefined : problem(400, 'Invalid query parameters', 'ERR_QUERY');
}

function refusedVersion(headers: Asked['headers'], version: number | undefined): Answered | undefined {
  const given = /^"(\d+)"$/.exec(String(headers['if-match'] ?? ''))?.[1];
  if (given === undefined)
    return problem(428, 'The change does not say which version it is for', 'ERR_VERSION_REQUIRED');
  return Number(given) === version ? undefined : problem(412, 'Somebody else changed it meanwhile', 'ERR_VERSION');
}

function page(query: URLSearchParams, name: string, found: readonly unknown[]): Answered {
  const limit = Number(query.get('limit') ?? '100');
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    return problem(400, 'Invalid page limit or cursor', 'ERR_PAGE');
  const from = Number(query.get('cursor') ?? '0');
  const next = from + limit < found.length ? String(from + limit) : null;
  return { status: 200, body: { [name]: found.slice(from, from + limit), next } };
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

function rolesOf(groups: readonly string[], mappings: readonly StandInMapping[]): string[] {
  return sorted(
    mappings.filter(({ group }) => groups.some((name) => matches(group, name))).flatMap(({ roles }) => roles),
  );
}

function matches(pattern: string, group: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(group);
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
