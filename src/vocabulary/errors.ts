// Errors: one class, literal codes. Every code has its heading in docs/errors.md.

interface Condition {
  readonly status: number;
  readonly title: string;
  /** What to do about it, where that is always the same. */
  readonly detail?: string;
  /** The code that OAuth clients are told instead (RFC 6749 §5.2, RFC 6750 §3.1). */
  readonly oauth?: string;
  /** Waiting does not help: somebody has to mend something first, so there is no `Retry-After`. */
  readonly lasting?: true;
}

const conditions = {
  // Wrong calls by the developer: thrown at start, or answered 500.
  ERR_CONFIG: { status: 500, title: 'Latchkey is configured wrongly' },
  ERR_ROLE_NAME: {
    status: 400,
    title: 'Not a usable role name',
    detail: 'Roles are 1–64 letters, digits and . _ : / @ - and begin with a letter or digit; at least one is needed.',
  },
  ERR_GROUP_NAME: {
    status: 400,
    title: 'Not a usable group name',
    detail: 'A group is 1–512 visible characters in Unicode NFC, without blanks around them.',
  },
  ERR_DEVICE_NAME: { status: 400, title: 'Not a usable device name' },
  ERR_USER_PROFILE: { status: 400, title: 'Not a usable name or e-mail address' },
  ERR_PAGE: {
    status: 400,
    title: 'Not a usable page',
    detail: 'limit is a whole number from 1 to 1,000; the place to go on from is what the page before gave.',
  },
  ERR_SUBJECT_TAKEN: { status: 409, title: 'A user with this subject exists' },
  ERR_USER_UNKNOWN: { status: 404, title: 'No such user' },
  ERR_DIRECTORY_VALUE: { status: 400, title: 'A value that the directory cannot hold' },

  // Trust: who may speak for the proxy.
  ERR_PEER_UNTRUSTED: { status: 403, title: 'Identity headers from an untrusted peer' },
  ERR_PROXY_SECRET: { status: 403, title: 'Identity headers without the proxy secret' },
  ERR_UNGUARDED_IDENTITY: { status: 403, title: 'Identity headers on an unguarded path' },

  // Trust: what the proxy said.
  ERR_TARGET_NOT_CANONICAL: { status: 400, title: 'Identity headers on a path in an unusual spelling' },
  ERR_HEADER_DUPLICATE: { status: 400, title: 'An identity header came more than once' },
  ERR_HEADER_ALIAS: { status: 400, title: 'A header that could be mistaken for an identity header' },
  ERR_HEADER_CONNECTION: { status: 400, title: 'The Connection header names an identity header' },
  ERR_HEADER_COUNT: { status: 400, title: 'Too many header fields' },
  ERR_HEADER_ENCODING: { status: 400, title: 'An identity header is not valid text' },
  ERR_HEADER_CONTROL: { status: 400, title: 'An identity header has control characters' },
  ERR_HEADER_TOO_LONG: { status: 400, title: 'An identity header is too long' },
  ERR_HEADER_PLACEHOLDER: { status: 400, title: 'An identity header holds an unfilled placeholder' },
  ERR_SUBJECT_INVALID: { status: 400, title: 'The asserted subject is not acceptable' },
  ERR_GROUPS_TOO_MANY: { status: 400, title: 'Too many groups' },
  ERR_GROUPS_FORMAT: { status: 400, title: 'The groups header cannot be read' },

  // Accounts.
  ERR_ACCOUNT_DISABLED: { status: 403, title: 'This account is disabled', oauth: 'temporarily_unavailable' },
  ERR_ACCOUNT_PENDING: { status: 403, title: 'This account waits for approval', oauth: 'temporarily_unavailable' },
  ERR_ACCOUNT_UNKNOWN: { status: 403, title: 'There is no account for this login' },
  ERR_ACCOUNT_UNMAPPED: {
    status: 403,
    title: 'None of your groups gives access',
    oauth: 'temporarily_unavailable',
  },
  ERR_ACCOUNT_LOCAL: { status: 403, title: 'This account logs in locally' },
  ERR_ACCOUNT_PROXY: { status: 403, title: 'This account logs in through the proxy' },

  // Guards and sessions.
  ERR_LOGIN_REQUIRED: { status: 401, title: 'Not logged in' },
  ERR_ROLE_REQUIRED: { status: 403, title: 'Not allowed' },
  ERR_TOKEN_FORBIDDEN: { status: 403, title: 'An API token may not do this' },
  ERR_SIGN_IN_CONFLICT: { status: 409, title: 'The proxy says that somebody else is logged in' },
  ERR_CROSS_ORIGIN: {
    status: 403,
    title: 'Not a request from this site',
    detail: 'Writes must come from this site itself, as Sec-Fetch-Site or Origin tells.',
  },
  ERR_SESSION_UNAVAILABLE: { status: 503, title: 'The session store is not available' },

  // Requests.
  ERR_BODY_TYPE: { status: 415, title: 'The body has the wrong type', oauth: 'invalid_request' },
  ERR_BODY_INVALID: { status: 400, title: 'The body is malformed', oauth: 'invalid_request' },
  ERR_BODY_TOO_LARGE: { status: 413, title: 'The body is too large', oauth: 'invalid_request' },
  ERR_NOT_FOUND: { status: 404, title: 'Not found' },
  ERR_METHOD: { status: 405, title: 'Method not allowed', oauth: 'invalid_request' },
  ERR_RETURN_TO: { status: 400, title: 'Not a path on this site' },

  // Pairing.
  ERR_GRANT_TYPE: { status: 400, title: 'Unknown grant type', oauth: 'unsupported_grant_type' },
  ERR_SCOPE: {
    status: 400,
    title: 'Not a scope that can be asked for',
    detail: 'There are no scopes: leave scope out.',
    oauth: 'invalid_scope',
  },
  ERR_GRANT_INVALID: { status: 400, title: 'The code is not valid', oauth: 'invalid_grant' },
  ERR_AUTHORIZATION_PENDING: { status: 400, title: 'Nobody has decided yet', oauth: 'authorization_pending' },
  ERR_SLOW_DOWN: { status: 400, title: 'Polled too soon', oauth: 'slow_down' },
  ERR_ACCESS_DENIED: { status: 400, title: 'The connection was refused', oauth: 'access_denied' },
  ERR_DEVICE_CODE_EXPIRED: { status: 400, title: 'The device code has expired', oauth: 'expired_token' },
  ERR_USER_CODE: { status: 404, title: 'No device waits with this code' },
  ERR_MATCH_NUMBER: { status: 403, title: 'The number does not match' },
  ERR_PAIRING_UNKNOWN: { status: 404, title: 'No such pairing' },
  ERR_PAIRING_UNCLAIMED: { status: 409, title: 'No device has asked yet' },
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
    title: 'The token rests until its owner logs in again',
    oauth: 'temporarily_unavailable',
  },
  ERR_CLIENT_INVALID: { status: 401, title: 'No server that may ask about tokens', oauth: 'invalid_client' },
  ERR_DEVICE_UNKNOWN: { status: 404, title: 'No such device' },
  ERR_DEVICE_LIMIT: { status: 409, title: 'Too many devices', oauth: 'invalid_grant' },

  // Administration.
  ERR_VERSION: {
    status: 412,
    title: 'Not the version that is there',
    detail: 'Somebody else changed it meanwhile, or it is not there. Load it again, and decide anew.',
  },
  ERR_VERSION_REQUIRED: {
    status: 428,
    title: 'The change does not say which one version it is for',
    detail:
      'Send If-Match with the version in quotes, as in "7", or If-None-Match: * for a mapping that is not there yet.',
  },
  ERR_LAST_ADMINISTRATOR: {
    status: 409,
    title: 'Nobody would be administrator any more',
    detail: 'Make somebody else administrator first.',
  },
  ERR_WILDCARD_ADMINISTRATOR: {
    status: 409,
    title: 'A pattern would make administrators',
    detail: 'If every group of this form is meant to, say so by allow_wildcard (allowWildcard for functions).',
  },
  ERR_MAPPING_NOTE: { status: 400, title: 'Not a usable note' },
  ERR_MAPPING_UNKNOWN: { status: 404, title: 'No such mapping' },
  ERR_QUERY: { status: 400, title: 'Not a usable filter' },

  // Lost dependencies: safe in effect, and nobody is logged out by them.
  ERR_STATE_UNAVAILABLE: { status: 503, title: 'The shared state is not available', oauth: 'temporarily_unavailable' },
  ERR_STATE_REFUSED: {
    status: 503,
    title: 'The shared state refuses this server',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_DIRECTORY_UNAVAILABLE: { status: 503, title: 'The directory is not available', oauth: 'temporarily_unavailable' },
  ERR_DIRECTORY_REFUSED: {
    status: 503,
    title: 'The directory refuses this server',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_DIRECTORY_SCHEMA: {
    status: 503,
    title: 'The directory has the wrong schema',
    oauth: 'temporarily_unavailable',
    lasting: true,
  },
  ERR_STATE_EVICTION: { status: 500, title: 'Redis may evict keys of Latchkey' },
  ERR_STATE_SUBSCRIBER: { status: 500, title: 'A subscriber of the shared state threw' },
} as const;

/** The literal codes of every `LatchkeyError`. */
export type ErrorCode = keyof typeof conditions;

/** Every code, for the documentation's check. */
export const errorCodes: readonly ErrorCode[] = Object.keys(conditions) as ErrorCode[];

/** What a `LatchkeyError` may carry besides its code. */
export interface ErrorDetails {
  /** A sentence for the reader; must not hold anything that a client sent. Default: what the code says of itself. */
  readonly detail?: string | undefined;
  readonly cause?: unknown | undefined;
  /** Seconds for `Retry-After`. Default: 2 with status 503, unless waiting does not help. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The one error class: `code` tells conditions apart, `status` is the HTTP answer (RFC 9110 §15). */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError';
  readonly code: ErrorCode;
  readonly status: number;
  /**
   * The same for frameworks that read this name (http-errors, Fastify, NestJS). Absent with status 500: NestJS shows clients
   * the message of what has a `statusCode`.
   */
  readonly statusCode: number | undefined;
  readonly title: string;
  /** Whether `message` may be shown to the client: everything but status 500. */
  readonly expose: boolean;
  /** The code for OAuth clients. */
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
    this.statusCode = condition.status === 500 ? undefined : condition.status;
    this.title = condition.title;
    this.expose = condition.status !== 500;
    this.oauthCode = condition.oauth ?? (condition.status >= 500 ? 'server_error' : 'invalid_request');
    this.retryAfterSeconds =
      details.retryAfterSeconds ?? (condition.status === 503 && condition.lasting !== true ? 2 : undefined);
  }
}
