// Describes the error responses of an operation, from the codes that it can send.
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { ProblemResponse } from '../../vocabulary/wire/problem-json.js';
import type { AuthorizationPendingResponse, OAuthErrorResponse } from '../../vocabulary/wire/token-json.js';
import { errorCode } from './explain-schemas.js';
import type { ServerParts } from './operation.js';
import {
  type AnySchema,
  about,
  component,
  count,
  type JsonObject,
  objectOf,
  pattern,
  type Schema,
  text,
} from './schema.js';

/** Problem details (RFC 9457). */
export const problem: Schema<ProblemResponse> = component(
  'Problem',
  about(
    'An error of a route for browsers, as problem details (RFC 9457).',
    objectOf<ProblemResponse>({
      type: about('A URN that ends with the code.', pattern('^urn:latchkey:error:ERR_[A-Z_]+$')),
      title: text,
      status: count,
      detail: text,
      code: errorCode,
    }),
  ),
);

/** An OAuth error (RFC 6749 §5.2). */
export const oauthError: Schema<OAuthErrorResponse> = component(
  'OAuthError',
  about(
    'An error of a route for apps (RFC 6749 §5.2).',
    objectOf<OAuthErrorResponse>({ error: text, error_description: text }),
  ),
);

/** The error that contains a device code. */
export const authorizationPending: Schema<AuthorizationPendingResponse> = component(
  'AuthorizationPending',
  about(
    'The answer of POST `token` while the user has not approved the pairing in the browser yet. The app polls with the device code.',
    objectOf<AuthorizationPendingResponse>({
      error: pattern('^authorization_pending$'),
      error_description: text,
      device_code: text,
      interval: count,
      expires_in: count,
      match_number: about('The number that the user types into the browser.', pattern('^[0-9]{2}$')),
    }),
  ),
);

const identityErrors: readonly ErrorCode[] = [
  'ERR_PEER_UNTRUSTED',
  'ERR_PROXY_SECRET',
  'ERR_UNGUARDED_IDENTITY',
  'ERR_TARGET_NOT_CANONICAL',
  'ERR_HEADER_DUPLICATE',
  'ERR_HEADER_ALIAS',
  'ERR_HEADER_CONNECTION',
  'ERR_HEADER_COUNT',
  'ERR_HEADER_ENCODING',
  'ERR_HEADER_CONTROL',
  'ERR_HEADER_TOO_LONG',
  'ERR_HEADER_PLACEHOLDER',
  'ERR_SUBJECT_INVALID',
  'ERR_GROUPS_TOO_MANY',
  'ERR_GROUPS_FORMAT',
];

const accountErrors: readonly ErrorCode[] = [
  'ERR_ACCOUNT_DISABLED',
  'ERR_ACCOUNT_PENDING',
  'ERR_ACCOUNT_UNKNOWN',
  'ERR_ACCOUNT_UNMAPPED',
  'ERR_ACCOUNT_LOCAL',
  'ERR_ACCOUNT_PROXY',
  'ERR_SUBJECT_CASE',
];

const hostUserErrors: readonly ErrorCode[] = [
  'ERR_HOST_USERS_UNAVAILABLE',
  'ERR_HOST_USER_UNKNOWN',
  'ERR_HOST_USER_ID',
  'ERR_HOST_USER_TAKEN',
];

/** The errors of a token that has ended or is suspended. */
export const tokenErrors: readonly ErrorCode[] = [
  'ERR_TOKEN_INVALID',
  'ERR_TOKEN_EXPIRED',
  'ERR_TOKEN_REVOKED',
  'ERR_TOKEN_SUSPENDED',
];

const failures: readonly ErrorCode[] = [
  'ERR_CONFIG',
  'ERR_DIRECTORY_VALUE',
  'ERR_DIRECTORY_UNAVAILABLE',
  'ERR_DIRECTORY_REFUSED',
  'ERR_DIRECTORY_SCHEMA',
  'ERR_STATE_UNAVAILABLE',
  'ERR_STATE_REFUSED',
];

/** Returns the codes that all requests can get from `authenticate`, and the codes of failures. */
export function commonErrors({ headerLogin, session, tokens, hostUsers }: ServerParts): readonly ErrorCode[] {
  return [
    ...(headerLogin ? identityErrors : []),
    ...accountErrors,
    ...(hostUsers ? hostUserErrors : []),
    ...(tokens ? tokenErrors : []),
    ...(session === 'none' ? [] : (['ERR_SESSION_UNAVAILABLE'] as const)),
    ...failures,
  ];
}

/** Groups codes by the HTTP status of their responses. Each code occurs once. */
export function byStatus(codes: readonly ErrorCode[]): ReadonlyMap<number, readonly ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of [...new Set(codes)].sort()) {
    const { status } = new LatchkeyError(code);
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return new Map([...groups].sort(([one], [other]) => one - other));
}

/** Describes problem details with one of these codes. */
export function problemSchema(status: number, codes: readonly ErrorCode[]): JsonObject {
  return { allOf: [problem.json], properties: { status: { const: status }, code: { enum: codes } } };
}

/** Describes an OAuth error that stands for one of these codes. */
export function oauthSchema(codes: readonly ErrorCode[]): JsonObject {
  const words = [...new Set(codes.map((code) => new LatchkeyError(code).oauthCode))].sort();
  const plain = { allOf: [oauthError.json], properties: { error: { enum: words } } };
  return codes.includes('ERR_AUTHORIZATION_PENDING') ? { anyOf: [authorizationPending.json, plain] } : plain;
}

/** The components of the error responses. */
export const errorComponents: readonly AnySchema[] = [problem, oauthError, authorizationPending];
