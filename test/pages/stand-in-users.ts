// The users of the stand-in's API for administrators.
import type {
  CreateUserRequest,
  RenameUserRequest,
  UpdateUserRequest,
  WireUser,
} from '../../src/vocabulary/wire/admin-json.js';
import { aUser, type StandInMapping, type StandInOwned, type StandInUser } from './admin-samples.js';
import {
  type Answered,
  type Asked,
  administrator,
  isRoleName,
  page,
  problem,
  refusedVersion,
  rolesOf,
  sorted,
  unknownName,
} from './stand-in-answers.js';

/** The users, with what the stand-in computes from the mappings. */
export interface StandInUsers {
  /** Returns the user as the API shows it. */
  shown(user: StandInUser): WireUser;
  /** Answers a request below `admin/users`. */
  answer(asked: Asked): Answered;
}

/** Answers from these records, and changes them. */
export function standInUsers(
  users: StandInUser[],
  mappings: readonly StandInMapping[],
  devices: readonly StandInOwned[],
): StandInUsers {
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
    if (method === 'GET') return tagged(user);
    const refused = refusedVersion(headers, user.version);
    if (refused) return refused;
    const link = path.endsWith('/host-user');
    if (path.endsWith('/rename')) return rename(user, body);
    if (link && method === 'PUT') return linkTo(user, String(body['host_user_id']));
    if (link) return changed(user, { host_user_id: null });
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
    return changed(user, next);
  }

  function tagged(user: StandInUser): Answered {
    return { status: 200, body: shown(user), headers: { ETag: `"${user.version}"` } };
  }

  function changed(user: StandInUser, change: Partial<StandInUser>): Answered {
    Object.assign(user, change, { version: user.version + 1 });
    return tagged(user);
  }

  function linkTo(user: StandInUser, id: string): Answered {
    if (id.length > 255) return problem(400, 'Invalid id of a row', 'ERR_HOST_USER_ID');
    if (users.some((other) => other.host_user_id === id)) {
      return problem(409, 'Another account is linked to this row', 'ERR_HOST_USER_TAKEN');
    }
    return changed(user, { host_user_id: id });
  }

  function rename(user: StandInUser, { subject, merge = false }: Partial<RenameUserRequest>): Answered {
    if (subject === undefined || !/^[^\p{C}]{1,255}$/u.test(subject)) {
      return problem(400, 'Invalid subject', 'ERR_SUBJECT_INVALID');
    }
    const other = users.find((one) => one.subject === subject && one !== user);
    if (other !== undefined && !merge) {
      return problem(409, 'A user with this subject already exists', 'ERR_SUBJECT_TAKEN');
    }
    const owned = devices.filter((device) => device.subject === user.subject);
    if (other?.host_user_id && user.host_user_id) {
      return problem(409, 'This account is linked to another row', 'ERR_HOST_USER_LINKED');
    }
    for (const device of owned) device.subject = subject;
    if (other === undefined) return changed(user, { subject });
    users.splice(users.indexOf(user), 1);
    return changed(other, {
      granted_roles: sorted([...other.granted_roles, ...user.granted_roles]),
      host_user_id: other.host_user_id ?? user.host_user_id,
    });
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

  return { shown, answer: answerUsers };
}
