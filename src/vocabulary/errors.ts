// Defines the error class of Latchkey and all error codes. docs/errors.md has a heading for every code.

interface Condition {
  readonly status: number;
  readonly title: string;
  /** What to do about the error, if the advice is always the same. */
  readonly detail?: string | undefined;
  /** The error code that OAuth clients receive instead of Latchkey's code (RFC 6749 §5.2, RFC 6750 §3.1). */
  readonly oauth?: string | undefined;
  /** `true` if waiting does not help until an operator corrects the cause. The response then has no `Retry-After`. */
  readonly lasting?: true | undefined;
}

const conditions = {
  // Startup and wrong calls: invalid options, and invalid arguments of the API.
  ERR_CONFIG: { status: 500, title: 'Invalid Latchkey configuration' },
  ERR_ROLE_NAME: {
    status: 400,
    title: 'Invalid role name',
    detail:
      'At least one role is required. A role starts with a letter or digit and has up to 64 characters: letters, digits and . _ : / @ -',
  },
  ERR_GROUP_NAME: {
    status: 400,
    title: 'Invalid group name',
    detail: 'A group has 1–512 visible characters in Unicode NFC, without leading or trailing white space.',
  },
  ERR_DEVICE_NAME: { status: 400, title: 'Invalid device name' },
  ERR_USER_PROFILE: { status: 400, title: 'Invalid name or email address' },
  ERR_PAGE: {
    status: 400,
    title: 'Invalid page limit or cursor',
    detail: 'limit must be a whole number from 1 to 1,000, and the cursor must come from the previous page.',
  },
  ERR_SUBJECT_TAKEN: { status: 409, title: 'A user with this subject already exists' },
  ERR_USER_UNKNOWN: { status: 404, title: 'No such user' },
  ERR_DIRECTORY_VALUE: { status: 400, title: 'The directory cannot store this value' },

  // Trust: identity headers that are not accepted from this peer or on this path.
  ERR_PEER_UNTRUSTED: { status: 403, title: 'Identity headers from an untrusted peer' },
  ERR_PROXY_SECRET: { status: 403, title: 'Identity headers without the proxy secret' },
  ERR_UNGUARDED_IDENTITY: { status: 403, title: 'Identity headers on an unguarded path' },

  // Trust: identity headers that are not valid.
  ERR_TARGET_NOT_CANONICAL: { status: 400, title: 'Identity headers on a non-canonical path' },
  ERR_HEADER_DUPLICATE: { status: 400, title: 'Duplicate identity header' },
  ERR_HEADER_ALIAS: { status: 400, title: 'A header name resembles an identity header' },
  ERR_HEADER_CONNECTION: { status: 400, title: 'The Connection header names an identity header' },
  ERR_HEADER_COUNT: { status: 400, title: 'Too many header fields' },
  ERR_HEADER_ENCODING: { status: 400, title: 'An identity header is not valid text' },
  ERR_HEADER_CONTROL: { status: 400, title: 'An identity header contains control characters' },
  ERR_HEADER_TOO_LONG: { status: 400, title: 'An identity header is too long' },
  ERR_HEADER_PLACEHOLDER: { status: 400, title: 'An identity header contains an unfilled placeholder' },
  ERR_SUBJECT_INVALID: { status: 400, title: 'Invalid subject' },
  ERR_GROUPS_TOO_MANY: { status: 400, title: 'Too many groups' },
  ERR_GROUPS_FORMAT: { status: 400, title: 'Invalid groups header' },

  // Accounts.
  ERR_ACCOUNT_DISABLED: { status: 403, title: 'This account is disabled', oauth: 'temporarily_unavailable' },
  ERR_ACCOUNT_PENDING: { status: 403, title: 'This account is waiting for approval', oauth: 'temporarily_unavailable' },
  ERR_ACCOUNT_UNKNOWN: { status: 403, title: 'There is no account for this login' },
  ERR_ACCOUNT_UNMAPPED: {
    status: 403,
    title: 'None of your groups gives access',
    oauth: 'temporarily_unavailable',
  },
  ERR_ACCOUNT_LOCAL: {
    status: 403,
    title: 'This account logs in at the server, not at the proxy',
    oauth: 'temporarily_unavailable',
  },
  ERR_ACCOUNT_PROXY: { status: 403, title: 'This account logs in at the proxy, not at the server' },

  ERR_SUBJECT_CASE: {
    status: 403,
    title: 'More than one account has this name',
    oauth: 'temporarily_unavailable',
  },

  // The host's own users.
  ERR_HOST_USERS_UNAVAILABLE: {
    status: 503,
    title: "The server's own users table is not available",
    oauth: 'temporarily_unavailable',
  },
  ERR_HOST_USER_UNKNOWN: {
    status: 403,
    title: 'The server has no user for this account',
    oauth: 'temporarily_unavailable',
  },
  ERR_HOST_USER_ID: {
    status: 400,
    title: "Invalid id of a row in the server's own users table",
    detail: 'The id has 1–255 visible characters without leading or trailing white space.',
  },
  ERR_HOST_USER_TAKEN: { status: 409, title: "Another account is linked to this row of the server's own users table" },
  ERR_HOST_USER_LINKED: {
    status: 409,
    title: "This account is linked to another row of the server's own users table",
    detail: 'Remove the link first.',
  },

  // Guards and sessions.
  ERR_LOGIN_REQUIRED: { status: 401, title: 'Not logged in' },
  ERR_ROLE_REQUIRED: { status: 403, title: 'Not allowed' },
  ERR_TOKEN_FORBIDDEN: { status: 403, title: 'API tokens cannot be used for this' },
  ERR_SIGN_IN_CONFLICT: { status: 409, title: 'Another user is logged in at the proxy' },
  ERR_CROSS_ORIGIN: {
    status: 403,
    title: 'Cross-origin request refused',
    detail:
      'A request that changes data must come from this site. The server checks the headers Sec-Fetch-Site and Origin.',
  },
  ERR_SESSION_UNAVAILABLE: { status: 503, title: 'The session store is not available' },

  // Requests.
  ERR_BODY_TYPE: { status: 415, title: 'Unsupported body type', oauth: 'invalid_request' },
  ERR_BODY_INVALID: { status: 400, title: 'Invalid request body', oauth: 'invalid_request' },
  ERR_BODY_TOO_LARGE: { status: 413, title: 'The request body is too large', oauth: 'invalid_request' },
  ERR_NOT_FOUND: { status: 404, title: 'Not found' },
  ERR_METHOD: { status: 405, title: 'Method not allowed', oauth: 'invalid_request' },
  ERR_RETURN_TO: { status: 400, title: 'return_to is not a path on this site' },

  // Pairing.
  ERR_GRANT_TYPE: { status: 400, title: 'Unknown grant type', oauth: 'unsupported_grant_type' },
  ERR_SCOPE: {
    status: 400,
    title: 'Unsupported scope',
    detail: 'Scopes are not supported: omit the scope parameter.',
    oauth: 'invalid_scope',
  },
  ERR_GRANT_INVALID: { status: 400, title: 'The code is not valid', oauth: 'invalid_grant' },
  ERR_AUTHORIZATION_PENDING: { status: 400, title: 'The user has not decided yet', oauth: 'authorization_pending' },
  ERR_SLOW_DOWN: { status: 400, title: 'The app polled too soon', oauth: 'slow_down' },
  ERR_ACCESS_DENIED: { status: 400, title: 'Access was denied', oauth: 'access_denied' },
  ERR_DEVICE_CODE_EXPIRED: { status: 400, title: 'The device code has expired', oauth: 'expired_token' },
  ERR_USER_CODE: { status: 404, title: 'No device is waiting for this code' },
  ERR_MATCH_NUMBER: { status: 403, title: 'The number does not match' },
  ERR_PAIRING_UNKNOWN: { status: 404, title: 'No such pairing' },
  ERR_PAIRING_UNCLAIMED: { status: 409, title: 'No device has claimed this pairing yet' },
  ERR_PAIRING_ENDED: { status: 409, title: 'This pairing has ended' },
  ERR_PAIRING_LIMIT: { status: 429, title: 'Too many open pairings' },
  ERR_STREAM_LIMIT: { status: 429, title: 'Too many event streams' },
  ERR_THROTTLED: { status: 429, title: 'Too many attempts', oauth: 'slow_down' },

  // Tokens and devices.
  ERR_TOKEN_INVALID: { status: 401, title: 'The token is not valid', oauth: 'invalid_token' },
  ERR_TOKEN_EXPIRED: { status: 401, title: 'The token has expired', oauth: 'invalid_token' },
  ERR_TOKEN_REVOKED: { status: 401, title: 'The token was revoked', oauth: 'invalid_token' },
  ERR_TOKEN_SUSPENDED: {
    status: 403,
    title: 'The token is suspended until its owner logs in again',
    oauth: 'temporarily_unavailable',
  },
  ERR_CLIENT_INVALID: { status: 401, title: 'Client authentication failed', oauth: 'invalid_client' },
  ERR_DEVICE_UNKNOWN: { status: 404, title: 'No such device' },
  ERR_DEVICE_LIMIT: { status: 409, title: 'Too many devices', oauth: 'invalid_grant' },

  // Administration.
  ERR_VERSION: {
    status: 412,
    title: 'Someone else changed this record',
    detail: 'The record was changed, created or deleted in the meantime. Load the record again before you change it.',
  },
  ERR_VERSION_REQUIRED: {
    status: 428,
    title: 'A version is required',
    detail:
      'For a new mapping, send If-None-Match: *. Otherwise, send If-Match with the version in quotes, such as "7".',
  },
  ERR_LAST_ADMINISTRATOR: {
    status: 409,
    title: 'No administrator would remain',
    detail: 'Make another user an administrator first.',
  },
  ERR_WILDCARD_ADMINISTRATOR: {
    status: 409,
    title: 'A group with a wildcard would give the administrator role',
    detail: 'To give this role to every matching group, set allow_wildcard (in a function call: allowWildcard).',
  },
  ERR_MAPPING_NOTE: { status: 400, title: 'Invalid note' },
  ERR_MAPPING_UNKNOWN: { status: 404, title: 'No such mapping' },
  ERR_QUERY: { status: 400, title: 'Invalid query parameters' },

  // Unavailable dependencies: the request is refused, but no user is logged out.
  ERR_STATE_UNAVAILABLE: { status: 503, title: 'The shared state is not available', oauth: 'temporarily_unavailable' },
  ERR_STATE_REFUSED: {
    status: 503,
    title: 'The shared state refuses requests from this server',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_DIRECTORY_UNAVAILABLE: { status: 503, title: 'The directory is not available', oauth: 'temporarily_unavailable' },
  ERR_DIRECTORY_REFUSED: {
    status: 503,
    title: 'The directory refuses requests from this server',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_DIRECTORY_SCHEMA: {
    status: 503,
    title: 'The directory has the wrong schema',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_DIRECTORY_CLOCK: { status: 500, title: 'The clock of the database differs from the clock of this process' },
  ERR_STATE_CLOCK: { status: 500, title: 'The clock of Redis differs from the clock of this process' },
  ERR_STATE_VERSION: { status: 500, title: 'This version of Redis is too old' },
  ERR_STATE_REPLICA: { status: 500, title: 'Redis is a replica' },
  ERR_STATE_NOT_SHARED: {
    status: 500,
    title: 'Several processes use this directory, but this process has memoryState()',
    detail: 'Several processes use this directory, but this process has memoryState(): pass redisState(redis) to each.',
  },
  ERR_STATE_EVICTION: { status: 500, title: 'Redis can evict the keys of Latchkey' },
  ERR_STATE_SUBSCRIBER: { status: 500, title: 'A subscriber to the shared state threw an error' },
} as const;

/** The codes of `LatchkeyError`. */
export type ErrorCode = keyof typeof conditions;

/** All error codes. Tests use this list to check the documentation and the error texts. */
export const errorCodes: readonly ErrorCode[] = Object.keys(conditions) as ErrorCode[];

/** Optional details of a `LatchkeyError`. */
export interface ErrorDetails {
  /**
   * An explanation for people. It must not repeat anything that a client sent. If the status is 500 or higher, only the
   * operator sees this explanation. Default: the code's own detail or title.
   */
  readonly detail?: string | undefined;
  readonly cause?: unknown | undefined;
  /** The number of seconds in `Retry-After`. The default is 2 for the status 503 if waiting can help. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The only error class of Latchkey. `code` identifies the error, and `status` is the HTTP status (RFC 9110 §15). */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError';
  readonly code: ErrorCode;
  readonly status: number;
  /**
   * The HTTP status under the name that http-errors, Fastify and NestJS read. Absent if `expose` is `false`, because
   * NestJS sends clients the message of every error that has a `statusCode`.
   */
  readonly statusCode: number | undefined;
  readonly title: string;
  /**
   * `true` if `message` may be sent to the client. Clients never get the message of an error with the status 500. If
   * the status is above 500, clients get the message only if it equals the title. Otherwise, clients get the title, and
   * the operator gets the message in an `error` event.
   */
  readonly expose: boolean;
  /** The error code for OAuth clients. */
  readonly oauthCode: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const condition: Condition = conditions[code];
    super(
      details.detail ?? condition.detail ?? condition.title,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.status = condition.status;
    this.title = condition.title;
    this.expose = condition.status < 500 || (condition.status !== 500 && this.message === condition.title);
    this.statusCode = this.expose ? condition.status : undefined;
    this.oauthCode = condition.oauth ?? (condition.status >= 500 ? 'server_error' : 'invalid_request');
    this.retryAfterSeconds =
      details.retryAfterSeconds ?? (condition.status === 503 && condition.lasting !== true ? 2 : undefined);
  }
}
