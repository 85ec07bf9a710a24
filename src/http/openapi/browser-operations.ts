// Describes the routes of `router` for users: login, devices, pairings, pages and assets.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { PageName } from '../../vocabulary/words.js';
import {
  approvePairingRequest,
  device,
  devicesResponse,
  hostUserResponse,
  logoutResponse,
  meResponse,
  pairing,
  renameDeviceRequest,
  verificationRequest,
  verificationResponse,
} from './account-schemas.js';
import {
  type Fields,
  json,
  noContent,
  type Operation,
  ok,
  type PathEntry,
  redirect,
  type ServerParts,
} from './operation.js';
import { anyOf, oneWordOf, pattern, text, uuid } from './schema.js';

/** The codes of all writes, besides the codes of all operations. */
export const writeErrors: readonly ErrorCode[] = [
  'ERR_CROSS_ORIGIN',
  'ERR_BODY_TYPE',
  'ERR_BODY_INVALID',
  'ERR_BODY_TOO_LARGE',
];

/** The codes of all operations that need a browser's login. */
export const browserErrors: readonly ErrorCode[] = ['ERR_LOGIN_REQUIRED', 'ERR_TOKEN_FORBIDDEN'];

const read: readonly ErrorCode[] = [...browserErrors, 'ERR_QUERY'];
const write: readonly ErrorCode[] = [...read, ...writeErrors];

const deviceId: Fields = { id: { description: 'The id of the device.', schema: uuid } };
const pairingId: Fields = { id: { description: 'The id of the pairing.', schema: pattern('^[A-Za-z0-9_-]{1,64}$') } };
const location = (description: string): Fields => ({ Location: { description, schema: text, required: true } });
const html = { 'text/html': { schema: text } } as const;

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
        errors: read,
      },
      delete: {
        id: 'revokeDevices',
        summary: 'Revoke all your devices, or all but one',
        access: 'browser',
        query: { except: { description: 'The id of the device to keep.', schema: uuid } },
        answers: [noContent('Revoked.')],
        errors: [...write, 'ERR_DEVICE_UNKNOWN'],
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
        errors: [...write, 'ERR_NOT_FOUND', 'ERR_DEVICE_UNKNOWN', 'ERR_DEVICE_NAME'],
      },
      delete: {
        id: 'revokeDevice',
        summary: 'Revoke one of your devices',
        access: 'browser',
        answers: [noContent('Revoked.')],
        errors: [...write, 'ERR_NOT_FOUND', 'ERR_DEVICE_UNKNOWN'],
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
    errors: [...write, 'ERR_HOST_USER_TAKEN', 'ERR_HOST_USER_LINKED', 'ERR_USER_UNKNOWN', 'ERR_LAST_ADMINISTRATOR'],
  },
};

/** Returns the paths of pairings in the browser. */
export function pairingPaths({ quickConnect, deviceFlow }: ServerParts): readonly PathEntry[] {
  if (!quickConnect) return [];
  const known: readonly ErrorCode[] = ['ERR_NOT_FOUND', 'ERR_PAIRING_UNKNOWN'];
  const decision = (id: string, summary: string): Operation => ({
    id,
    summary,
    access: 'browser',
    body: {},
    answers: [ok('The pairing after the change.', pairing)],
    errors: [...write, ...known, 'ERR_PAIRING_UNCLAIMED', 'ERR_PAIRING_ENDED'],
  });
  return [
    {
      path: '/pairings',
      tag: 'Pairing',
      post: {
        id: 'openPairing',
        summary: 'Open a pairing',
        description: 'The answer contains the code and the link for the app.',
        access: 'browser',
        body: {},
        answers: [
          {
            status: 201,
            description: 'The open pairing.',
            headers: location('The path of the pairing, relative to this path.'),
            content: json(pairing),
          },
        ],
        errors: [...write, 'ERR_PAIRING_LIMIT', 'ERR_THROTTLED'],
      },
    },
    {
      path: '/pairings/{id}',
      tag: 'Pairing',
      parameters: pairingId,
      get: {
        id: 'getPairing',
        summary: 'Show a pairing',
        access: 'browser',
        answers: [ok('The pairing.', pairing)],
        errors: [...read, ...known],
      },
      delete: {
        id: 'cancelPairing',
        summary: 'Cancel a pairing',
        access: 'browser',
        answers: [ok('The pairing after the change.', pairing)],
        errors: [...write, ...known, 'ERR_PAIRING_ENDED'],
      },
    },
    {
      path: '/pairings/{id}/approve',
      tag: 'Pairing',
      parameters: pairingId,
      post: {
        ...decision('approvePairing', 'Approve the app that claimed a pairing'),
        body: { schema: approvePairingRequest },
        errors: [...decision('', '').errors, 'ERR_MATCH_NUMBER', 'ERR_THROTTLED'],
      },
    },
    {
      path: '/pairings/{id}/deny',
      tag: 'Pairing',
      parameters: pairingId,
      post: decision('denyPairing', 'Deny the app that claimed a pairing'),
    },
    {
      path: '/pairings/{id}/events',
      tag: 'Pairing',
      parameters: pairingId,
      get: {
        id: 'watchPairing',
        summary: 'Stream the state of a pairing',
        description:
          'Server-sent events with the name `status`. The data of each event is a pairing, and the id of each event is its status. The stream ends after the pairing has ended.',
        access: 'browser',
        headers: {
          'Last-Event-ID': { description: 'The id of the last event that the client received.', schema: text },
        },
        answers: [
          {
            status: 200,
            description: 'The stream.',
            content: { 'text/event-stream': { schema: text, item: pairing } },
          },
          noContent('The client has already received the last event, so it must not connect again.'),
        ],
        errors: [...read, ...known, 'ERR_STREAM_LIMIT'],
      },
    },
    {
      path: '/pairings/{id}/qr.svg',
      tag: 'Pairing',
      parameters: pairingId,
      get: {
        id: 'getPairingQrCode',
        summary: 'Show the link of a pairing as a QR code',
        access: 'browser',
        answers: [{ status: 200, description: 'The QR code.', content: { 'image/svg+xml': { schema: text } } }],
        errors: [...read, ...known, 'ERR_PAIRING_ENDED'],
      },
    },
    ...(deviceFlow ? [verificationPath] : []),
  ];
}

const verificationPath: PathEntry = {
  path: '/device/verification',
  tag: 'Pairing',
  post: {
    id: 'verifyUserCode',
    summary: 'Look up, approve or deny the device that shows a user code',
    access: 'browser',
    body: { schema: verificationRequest },
    answers: [
      ok('The request of the device. With the action `approve`, the pairing.', anyOf(pairing, verificationResponse)),
    ],
    errors: [...write, 'ERR_USER_CODE', 'ERR_PAIRING_ENDED', 'ERR_THROTTLED'],
  },
};

/** Returns the paths of the pages and their assets. */
export function pagePaths({ pages }: ServerParts): readonly PathEntry[] {
  if (pages === undefined) return [];
  const page = (name: PageName): PathEntry => ({
    path: `/${name}`,
    tag: 'Pages',
    get: {
      id: { 'quick-connect': 'showQuickConnectPage', activate: 'showActivatePage', admin: 'showAdminPage' }[name],
      summary: `Show the page \`${name}\``,
      access: 'browser',
      query: {
        from: { description: 'The value `login` marks a request right after a login.', schema: oneWordOf(['login']) },
        ...(name === 'activate' ? { user_code: { description: 'The user code to fill in.', schema: text } } : {}),
      },
      answers: [
        { status: 200, description: 'The page.', content: html },
        { status: 401, description: 'The page, which tells the visitor to log in.', content: html },
        { status: 403, description: 'The page, which tells the user that it is for others.', content: html },
        redirect('The page must be requested again, or the login comes first.', 'The page or the login.'),
      ],
      errors: [...browserErrors],
    },
  });
  const asset = (id: string, path: string, parameters: Fields): PathEntry => ({
    path,
    tag: 'Pages',
    parameters,
    get: {
      id,
      summary: 'Load a file of the pages',
      access: 'anyone',
      answers: [
        {
          status: 200,
          description: 'The file.',
          cacheable: true,
          headers: { ETag: { description: 'The version of the file.', schema: text, required: true } },
          content: {
            'text/javascript': { schema: text },
            'text/css': { schema: text },
            'image/svg+xml': { schema: text },
          },
        },
        { status: 304, description: 'The client already has this version of the file.', cacheable: true },
      ],
      errors: ['ERR_QUERY', 'ERR_NOT_FOUND'],
    },
  });
  const name = { name: { description: 'The name of the file.', schema: text } };
  const folder = { folder: { description: 'The folder of the file.', schema: text } };
  return [
    ...pages.map(page),
    asset('getAsset', '/assets/{name}', name),
    asset('getAssetInFolder', '/assets/{folder}/{name}', { ...folder, ...name }),
  ];
}
