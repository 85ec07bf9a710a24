// The codes of errors that many routes of `router` share.
import type { ErrorCode } from '../../vocabulary/errors.js';

/** The codes of all writes, besides the codes of all operations. */
export const writeErrors: readonly ErrorCode[] = [
  'ERR_CROSS_ORIGIN',
  'ERR_BODY_TYPE',
  'ERR_BODY_INVALID',
  'ERR_BODY_TOO_LARGE',
];

/** The codes of all operations that need a browser's login. */
export const browserErrors: readonly ErrorCode[] = ['ERR_LOGIN_REQUIRED', 'ERR_TOKEN_FORBIDDEN'];

/** The codes of a GET request that needs a browser's login. */
export const browserReadErrors: readonly ErrorCode[] = [...browserErrors, 'ERR_QUERY'];

/** The codes of a write that needs a browser's login. */
export const browserWriteErrors: readonly ErrorCode[] = [...browserReadErrors, ...writeErrors];
