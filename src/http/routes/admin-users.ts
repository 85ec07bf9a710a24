// Routes for administrators: the users.
import type { Request } from 'express';
import { rolesOf } from '../../directory/administration/user-administration.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { UserChange } from '../../vocabulary/port-values.js';
import { labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type { AuthMethod, User } from '../../vocabulary/types.js';
import type {
  CreateUserRequest,
  LinkUserRequest,
  RenameUserRequest,
  UpdateUserRequest,
  UsersResponse,
  WireUser,
} from '../../vocabulary/wire/admin-json.js';
import { authMethods, isOneOf } from '../../vocabulary/words.js';
import { type MemberNames, type Members, membersOf, onlyMembers } from '../body-members.js';
import type { AdminEndpoint } from '../endpoint.js';
import { actorOf } from '../guards.js';
import { requiredVersion, sendVersion } from '../precondition.js';
import { type Cursor, pageOf, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';

const filters = ['search', 'auth_method', 'role', 'disabled', 'pending', 'limit', 'cursor'];
const createMembers: MemberNames<CreateUserRequest> = {
  subject: true,
  auth_method: true,
  display_name: true,
  email: true,
  granted_roles: true,
};
const updateMembers: MemberNames<UpdateUserRequest> = {
  disabled: true,
  pending: true,
  auth_method: true,
  add_roles: true,
  remove_roles: true,
};

const place: Cursor<Pick<User, 'subject'>> = {
  length: 1,
  textsOf: ({ subject }) => [subject],
  itemOf: ([subject = '']) => ({ subject }),
};

/** Adds the routes `admin/users`, `admin/users/:id`, `admin/users/:id/host-user` and `admin/users/:id/rename`. */
export function userRoutes(add: AdminEndpoint, services: HttpServices): void {
  const { users } = services.administration;

  add('users', {
    async get(req, res) {
      const query = queryOf(req, filters);
      const listing = {
        search: query.optionalText('search', textLimits.search),
        authMethod: query.word('auth_method', authMethods),
        role: query.optionalText('role', 64),
        disabled: query.flag('disabled'),
        pending: query.flag('pending'),
      };
      const { items, next } = await pageOf(query, (after, limit) => users.list({ ...listing, after, limit }), place);
      res.json({ users: items.map(userJson), next } satisfies UsersResponse);
    },

    async post(req, res) {
      queryOf(req, []);
      onlyMembers<CreateUserRequest>(req, createMembers);
      const body = membersOf<CreateUserRequest>(req);
      const authMethod = optionalMethod(req);
      if (authMethod === undefined) {
        throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The member auth_method is missing.' });
      }
      const added = {
        subject: body.requiredText('subject', { max: 255 }),
        authMethod,
        displayName: body.optionalText('display_name', { max: labelRoom(textLimits.displayName) }),
        email: body.optionalText('email', { max: textLimits.email }),
        grantedRoles: body.optionalTexts('granted_roles', { max: 64 }),
      };
      const user = await users.create(added, { by: actorOf(req) });
      res.status(201).location(`users/${user.id}`);
      sendVersion(res, user.version, userJson(user));
    },
  });

  add('users/:id', {
    async get(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const user = await users.findById(id);
      sendVersion(res, user.version, userJson(user));
    },

    async patch(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const options = { by: actorOf(req), version: requiredVersion(req), userId: id };
      const change = changeOf(req);
      const current = await users.findById(id);
      const user = await users.update(current.subject, change, { ...options, current });
      sendVersion(res, user.version, userJson(user));
    },

    async delete(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const options = { by: actorOf(req), version: requiredVersion(req), userId: id };
      const current = await users.findById(id);
      await users.delete(current.subject, { ...options, current });
      res.status(204).end();
    },
  });

  add('users/:id/host-user', {
    async put(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const options = { by: actorOf(req), version: requiredVersion(req), userId: id };
      onlyMembers<LinkUserRequest>(req, { host_user_id: true });
      const hostUserId = membersOf<LinkUserRequest>(req).requiredText('host_user_id', { max: 255 });
      const { subject } = await users.findById(id);
      const user = await users.link(subject, hostUserId, options);
      sendVersion(res, user.version, userJson(user));
    },

    async delete(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const options = { by: actorOf(req), version: requiredVersion(req), userId: id };
      const { subject } = await users.findById(id);
      const user = await users.unlink(subject, options);
      sendVersion(res, user.version, userJson(user));
    },
  });

  renameRoute(add, services);
}

/** Adds the route POST `admin/users/:id/rename`. */
function renameRoute(add: AdminEndpoint, { administration: { users } }: HttpServices): void {
  add('users/:id/rename', {
    async post(req, res) {
      queryOf(req, []);
      const id = String(req.params['id']);
      const options = { by: actorOf(req), version: requiredVersion(req), userId: id };
      onlyMembers<RenameUserRequest>(req, { subject: true, merge: true });
      const body = membersOf<RenameUserRequest>(req);
      const subject = body.requiredText('subject', { max: 255 });
      const merge = body.optionalFlag('merge');
      const { subject: from } = await users.findById(id);
      const user = await users.rename(from, subject, { ...options, merge });
      sendVersion(res, user.version, userJson(user));
    },
  });
}

/** Converts a user to the JSON that administrators get. */
export function userJson(user: User): WireUser {
  return {
    id: user.id,
    subject: user.subject,
    auth_method: user.authMethod,
    display_name: user.displayName ?? null,
    email: user.email ?? null,
    groups: user.groups,
    managed_roles: user.managedRoles,
    granted_roles: user.grantedRoles,
    default_roles: user.defaultRoles,
    roles: rolesOf(user),
    disabled: user.disabled,
    pending: user.pending,
    version: user.version,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
    last_asserted_at: user.lastAssertedAt?.toISOString() ?? null,
    host_user_id: user.hostUserId ?? null,
  };
}

function changeOf(req: Request): UserChange {
  onlyMembers<UpdateUserRequest>(req, updateMembers);
  const body = membersOf<UpdateUserRequest>(req);
  return {
    disabled: body.optionalFlag('disabled'),
    pending: body.optionalFlag('pending'),
    authMethod: optionalMethod(req),
    addRoles: optionalRoles(body, 'add_roles'),
    removeRoles: optionalRoles(body, 'remove_roles'),
  };
}

function optionalMethod(req: Request): AuthMethod | undefined {
  const given = membersOf<CreateUserRequest | UpdateUserRequest>(req).optionalText('auth_method', { max: 16 });
  if (given === undefined || isOneOf(authMethods, given)) return given;
  const detail = `The member auth_method must be ${authMethods.join(' or ')}.`;
  throw new LatchkeyError('ERR_BODY_INVALID', { detail });
}

/** Reads a list of roles. Treats an empty list as missing. */
function optionalRoles(
  body: Members<UpdateUserRequest>,
  name: 'add_roles' | 'remove_roles',
): readonly string[] | undefined {
  const roles = body.optionalTexts(name, { max: 64 });
  return roles?.length === 0 ? undefined : roles;
}
