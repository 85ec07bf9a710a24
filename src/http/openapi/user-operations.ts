// Describes the routes of `router` for the administration of users.

import { authMethods } from '../../vocabulary/words.js';
import {
  type AdminPath,
  adminReadErrors,
  adminWriteErrors,
  changeHeaders,
  etag,
  filter,
  page,
  versionedErrors,
} from './admin-parts.js';
import {
  createUserRequest,
  linkUserRequest,
  renameUserRequest,
  updateUserRequest,
  user,
  usersResponse,
} from './admin-schemas.js';
import { type Answer, type Fields, json, noContent, type Operation, ok } from './operation.js';
import { flag, oneWordOf, shortText, text, uuid } from './schema.js';

const userId: Fields = { id: { description: 'The id of the user.', schema: uuid } };
const changedUser: Answer = ok('The user after the change.', user, etag);

function changeOfUser(operation: Pick<Operation, 'id' | 'summary' | 'body' | 'errors'>): Operation {
  return {
    access: 'browser',
    headers: changeHeaders,
    answers: [changedUser],
    ...operation,
    errors: [...versionedErrors, 'ERR_USER_UNKNOWN', ...operation.errors],
  };
}

/** The paths of users. */
export const userPaths: readonly AdminPath[] = [
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
      errors: [...adminReadErrors, 'ERR_PAGE', 'ERR_ROLE_NAME', 'ERR_SUBJECT_INVALID'],
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
        ...adminWriteErrors,
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
      errors: [...adminReadErrors, 'ERR_NOT_FOUND', 'ERR_USER_UNKNOWN'],
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
