// The error class of the client, and the error codes. docs/client.md has a table of the codes.

interface Condition {
  readonly text: string;
  readonly retryable?: true | undefined;
}

const conditions = {
  // The scanned link or typed code.
  ERR_LINK_FORMAT: { text: 'This is not a pairing link' },
  ERR_LINK_VERSION: { text: 'This pairing link is for another version of the app' },
  ERR_ISSUER_INSECURE: { text: 'The server’s address is not an https URL' },
  ERR_ISSUER_UNKNOWN: { text: 'This app does not connect to this server' },
  ERR_CODE_REFUSED: { text: 'The code is wrong, used or too old' },
  ERR_DEVICE_LIMIT: { text: 'The account has too many devices' },

  // Waiting for approval.
  ERR_DENIED: { text: 'The connection was refused in the browser' },
  ERR_EXPIRED: { text: 'The time to approve the connection is over' },
  ERR_ABORTED: { text: 'The app aborted this call' },

  // The network and the server.
  ERR_NETWORK: { text: 'The server was not reached', retryable: true },
  ERR_UNAVAILABLE: { text: 'The server is not available at the moment', retryable: true },
  ERR_THROTTLED: { text: 'Too many attempts', retryable: true },
  ERR_REDIRECTED: { text: 'The answer was a redirect: does the login proxy let this path through?' },
  ERR_ANSWER: { text: 'The server sent an invalid answer' },
  ERR_REQUEST_REFUSED: { text: 'The server did not accept the request' },
  ERR_UNSUPPORTED: { text: 'The server does not support this kind of request' },

  // The connection.
  ERR_SUSPENDED: { text: 'The server temporarily refuses the token; the token is kept' },
  ERR_DISCONNECTED: { text: 'There is no connection to a server, or its token is no longer valid' },
  ERR_CONNECTED: { text: 'The app is already connected; disconnect first' },
  ERR_BUSY: { text: 'The app is already connecting' },
  ERR_FOREIGN_ORIGIN: { text: 'The URL has another origin; the token is sent only to its own server' },

  // The platform.
  ERR_STORAGE: { text: 'The storage failed', retryable: true },
  ERR_PLATFORM: { text: 'The platform lacks fetch, URL, crypto or AbortController, or the storage lacks a method' },
} as const;

/** The codes of `ClientError`. */
export type ClientErrorCode = keyof typeof conditions;

/** Every code. A test compares this list with the documentation. */
export const clientErrorCodes: readonly ClientErrorCode[] = Object.keys(conditions) as ClientErrorCode[];

/** Optional details of a `ClientError`. */
export interface ClientErrorDetails {
  /** The number of seconds to wait before a retry, from the server's header `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The only error class of the client. Each code has a fixed message, which never contains a pairing code, a token or an
 * address.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** `true` if the same call may succeed later, without any action by the user. */
  readonly retryable: boolean;
  /** The number of seconds to wait before a retry, or `undefined` if the server sent no header `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ClientErrorCode, details: ClientErrorDetails = {}) {
    const condition: Condition = conditions[code];
    super(condition.text, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = condition.retryable === true;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
