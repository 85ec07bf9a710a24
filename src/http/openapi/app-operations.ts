// Describes the routes of `tokenRouter`.
import { json, type Operation, ok, type PathEntry, type ServerParts } from './operation.js';
import type { AnySchema } from './schema.js';
import {
  authorizationServerMetadata,
  deviceAuthorizationRequest,
  deviceAuthorizationResponse,
  introspectionRequest,
  introspectionResponse,
  refreshTokenRequest,
  revocationRequest,
  tokenRequest,
  tokenResponse,
} from './token-schemas.js';

/** Returns the paths of `tokenRouter`. */
export function appPaths({ quickConnect, deviceFlow, introspection }: ServerParts): readonly PathEntry[] {
  return [
    { path: '/token', tag: 'Tokens', post: quickConnect ? tokenOperation : renewalOperation },
    ...(deviceFlow ? [{ path: '/device_authorization', tag: 'Tokens', post: deviceOperation }] : []),
    { path: '/revoke', tag: 'Tokens', post: revocationOperation },
    ...(introspection ? [{ path: '/introspect', tag: 'Tokens', post: introspectionOperation }] : []),
    { path: '/.well-known/oauth-authorization-server', tag: 'Documents', get: metadataOperation },
  ];
}

function post(
  operation: Omit<Operation, 'access' | 'body' | 'answers'> & Partial<Operation>,
  request: AnySchema,
): Operation {
  const { errors } = operation;
  return {
    access: 'anyone',
    answers: [],
    ...operation,
    body: { schema: request },
    errors: ['ERR_BODY_TYPE', 'ERR_BODY_INVALID', 'ERR_BODY_TOO_LARGE', ...errors],
  };
}

const renewalOperation = post(
  {
    id: 'requestToken',
    summary: 'Renew a token',
    answers: [ok('The new token.', tokenResponse)],
    errors: ['ERR_GRANT_TYPE', 'ERR_SCOPE', 'ERR_GRANT_INVALID'],
  },
  refreshTokenRequest,
);

const tokenOperation = post(
  {
    id: 'requestToken',
    summary: 'Redeem a pairing, poll for a token, or renew a token',
    answers: [ok('The token.', tokenResponse)],
    errors: [
      ...renewalOperation.errors,
      'ERR_AUTHORIZATION_PENDING',
      'ERR_SLOW_DOWN',
      'ERR_ACCESS_DENIED',
      'ERR_DEVICE_CODE_EXPIRED',
      'ERR_DEVICE_LIMIT',
      'ERR_THROTTLED',
    ],
  },
  tokenRequest,
);

const deviceOperation = post(
  {
    id: 'authorizeDevice',
    summary: 'Start the device flow (RFC 8628)',
    answers: [ok('The codes.', deviceAuthorizationResponse)],
    errors: ['ERR_SCOPE', 'ERR_THROTTLED'],
  },
  deviceAuthorizationRequest,
);

const revocationOperation = post(
  {
    id: 'revokeToken',
    summary: 'Revoke a token (RFC 7009)',
    answers: [{ status: 200, description: 'The token is not valid any more, or was never valid.' }],
    errors: [],
  },
  revocationRequest,
);

const introspectionOperation = post(
  {
    id: 'introspectToken',
    summary: 'Describe a token to a server (RFC 7662)',
    description: 'The credentials of the server are in the header `Authorization` or in the body.',
    access: 'client',
    answers: [ok('The description.', introspectionResponse)],
    errors: ['ERR_CLIENT_INVALID'],
  },
  introspectionRequest,
);

const metadataOperation: Operation = {
  id: 'getAuthorizationServerMetadata',
  summary: 'Show the metadata of this server (RFC 8414)',
  access: 'anyone',
  answers: [{ status: 200, description: 'The metadata.', cacheable: true, content: json(authorizationServerMetadata) }],
  errors: [],
};
