// Describes the routes of `router` for login, logout, the current user and the user's own devices.
import {
  device,
  devicesResponse,
  hostUserResponse,
  logoutResponse,
  meResponse,
  renameDeviceRequest,
} from './account-schemas.js';
import { browserReadErrors, browserWriteErrors, writeErrors } from './browser-errors.js';
import { type Fields, noContent, ok, type PathEntry, redirect, type ServerParts } from './operation.js';
import { text, uuid } from './schema.js';

const deviceId: Fields = { id: { description: 'The id of the device.', schema: uuid } };

/** Returns the paths of login, logout, the current user and the user's own devices. */
export function accountPaths({ hostUsers }: ServerParts): readonly PathEntry[] {
  return [
    {
      path: '/login',
      tag: 'Login',
      get: {
        id: 'login',
        summary: 'Log in and return to a page of this site',
        access: 'browser',
        query: { return_to: { description: 'The path of the page. Default: `/`.', schema: text } },
        answers: [redirect('Logged in.', 'The page, or the address of a login.')],
        errors: ['ERR_QUERY', 'ERR_LOGIN_REQUIRED', 'ERR_RETURN_TO'],
      },
    },
    {
      path: '/logout',
      tag: 'Login',
      post: {
        id: 'logout',
        summary: 'End the session',
        access: 'anyone',
        body: {},
        answers: [ok('Logged out at this server.', logoutResponse)],
        errors: ['ERR_QUERY', ...writeErrors],
      },
    },
    {
      path: '/me',
      tag: 'Login',
      get: {
        id: 'getMe',
        summary: 'Show the authenticated user',
        access: 'user',
        answers: [ok('The user.', meResponse)],
        errors: ['ERR_QUERY', 'ERR_LOGIN_REQUIRED'],
      },
    },
    ...(hostUsers ? [hostUserPath] : []),
    {
      path: '/devices',
      tag: 'Devices',
      get: {
        id: 'listDevices',
        summary: 'List your devices',
        access: 'browser',
        answers: [ok('All devices of the user that are not revoked.', devicesResponse)],
        errors: browserReadErrors,
      },
      delete: {
        id: 'revokeDevices',
        summary: 'Revoke all your devices, or all but one',
        access: 'browser',
        query: { except: { description: 'The id of the device to keep.', schema: uuid } },
        answers: [noContent('Revoked.')],
        errors: [...browserWriteErrors, 'ERR_DEVICE_UNKNOWN'],
      },
    },
    {
      path: '/devices/{id}',
      tag: 'Devices',
      parameters: deviceId,
      patch: {
        id: 'renameDevice',
        summary: 'Rename one of your devices',
        access: 'browser',
        body: { schema: renameDeviceRequest },
        answers: [ok('The renamed device.', device)],
        errors: [...browserWriteErrors, 'ERR_NOT_FOUND', 'ERR_DEVICE_UNKNOWN', 'ERR_DEVICE_NAME'],
      },
      delete: {
        id: 'revokeDevice',
        summary: 'Revoke one of your devices',
        access: 'browser',
        answers: [noContent('Revoked.')],
        errors: [...browserWriteErrors, 'ERR_NOT_FOUND', 'ERR_DEVICE_UNKNOWN'],
      },
    },
  ];
}

const hostUserPath: PathEntry = {
  path: '/host-user',
  tag: 'Login',
  post: {
    id: 'linkHostUser',
    summary: "Link the user to the row of the server's own user who is logged in",
    access: 'browser',
    body: {},
    answers: [ok('Linked.', hostUserResponse)],
    errors: [
      ...browserWriteErrors,
      'ERR_HOST_USER_TAKEN',
      'ERR_HOST_USER_LINKED',
      'ERR_USER_UNKNOWN',
      'ERR_LAST_ADMINISTRATOR',
    ],
  },
};
