// Describes the routes of `router` for pairings.
import type { ErrorCode } from '../../vocabulary/errors.js';
import { approvePairingRequest, pairing, verificationRequest, verificationResponse } from './account-schemas.js';
import { browserReadErrors, browserWriteErrors } from './browser-errors.js';
import { type Fields, json, noContent, type Operation, ok, type PathEntry, type ServerParts } from './operation.js';
import { anyOf, pattern, text } from './schema.js';

const pairingId: Fields = { id: { description: 'The id of the pairing.', schema: pattern('^[A-Za-z0-9_-]{1,64}$') } };

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
    errors: [...browserWriteErrors, ...known, 'ERR_PAIRING_UNCLAIMED', 'ERR_PAIRING_ENDED'],
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
            headers: {
              Location: {
                description: 'The path of the pairing, relative to this path.',
                schema: text,
                required: true,
              },
            },
            content: json(pairing),
          },
        ],
        errors: [...browserWriteErrors, 'ERR_PAIRING_LIMIT', 'ERR_THROTTLED'],
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
        errors: [...browserReadErrors, ...known],
      },
      delete: {
        id: 'cancelPairing',
        summary: 'Cancel a pairing',
        access: 'browser',
        answers: [ok('The pairing after the change.', pairing)],
        errors: [...browserWriteErrors, ...known, 'ERR_PAIRING_ENDED'],
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
        errors: [...browserReadErrors, ...known, 'ERR_STREAM_LIMIT'],
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
        errors: [...browserReadErrors, ...known, 'ERR_PAIRING_ENDED'],
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
    errors: [...browserWriteErrors, 'ERR_USER_CODE', 'ERR_PAIRING_ENDED', 'ERR_THROTTLED'],
  },
};
