// Translates errors of mysql2 and of the database server to LatchkeyErrors.
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import { type DriverError, driverError } from '../driver-error.js';
import { headMismatch } from '../journal-head.js';

/**
 * Maps codes of LatchkeyErrors to the error numbers of the servers. All other numbers become ERR_DIRECTORY_UNAVAILABLE.
 */
const codes: readonly (readonly [ErrorCode, readonly number[]])[] = [
  // ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR.
  ['ERR_DIRECTORY_SCHEMA', [1146, 1054]],
  // A value is missing, too long, out of range or of the wrong type, or it violates a CHECK (3819 in MySQL, 4025 in
  // MariaDB).
  ['ERR_DIRECTORY_VALUE', [1048, 1406, 1366, 1265, 1264, 1292, 3819, 4025]],
  // Errors that last until an operator acts: access (1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 3118), no
  // such database (1049, 1046), a full disk or table (3, 1021, 1030, 1114), a read-only server (1290, 1792, 1836), a
  // binary log that does not support READ COMMITTED (1665), SQL that the server does not know (1064, 1305), an index
  // that is too large (1071), an unsupported authentication method (1251, 2059).
  [
    'ERR_DIRECTORY_REFUSED',
    [
      1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 3118, 1049, 1046, 3, 1021, 1030, 1114, 1290, 1792, 1836,
    ].concat([1665, 1064, 1305, 1071, 1251, 2059]),
  ],
];

// The error codes for a certificate that the driver does not trust, and for a server without TLS.
const lastingCodes = /^(ERR_TLS_.*|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*|HANDSHAKE_NO_SSL_SUPPORT)$/;

// The servers write the value into the messages of these errors: 1062 (duplicate entry), 1292, 1366, 1265, 1264.
const telling: readonly number[] = [1062, 1292, 1366, 1265, 1264];

/**
 * Maps error numbers to the maximum number of attempts. With each of these errors, the server has rolled work back
 * because of a conflict.
 */
const attempts: Readonly<Record<number, number>> = {
  // ER_LOCK_DEADLOCK, and ER_CHECKREAD, which MariaDB returns for an outdated snapshot. One of several conflicting
  // transactions always succeeds, so 100 attempts fail only if about 100 transactions conflict at the same time.
  1213: 100,
  1020: 100,
  // ER_LOCK_WAIT_TIMEOUT: another transaction has held a lock for several seconds.
  1205: 2,
};

/** Returns the maximum number of attempts for work that failed with this error, including the first attempt. */
export function attemptsFor(error: unknown): number {
  return attempts[errorNumber(error)] ?? 1;
}

/** Returns the server's number of an error, or 0 if the error has no number, for example after a lost connection. */
export function errorNumber(error: unknown): number {
  const number: unknown = error instanceof Error && 'errno' in error ? error.errno : undefined;
  return typeof number === 'number' ? number : 0;
}

/** Translates any error to a `LatchkeyError`. */
export function mysqlError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  const number = errorNumber(error);
  const cause = withoutValues(driverError(error), number);
  // Only an INSERT into the journal can cause ER_DUP_ENTRY here. The other INSERTs ignore existing rows.
  if (number === 1062) return headMismatch(cause);
  const found = codes.find(([, numbers]) => numbers.includes(number))?.[0];
  if (found === 'ERR_DIRECTORY_SCHEMA') {
    const detail = 'The database lacks tables or columns that this version of Latchkey needs: run migrate(pool).';
    return new LatchkeyError(found, { detail, cause });
  }
  if (found !== undefined) return new LatchkeyError(found, { cause });
  const lasting = cause.code !== undefined && lastingCodes.test(cause.code);
  return new LatchkeyError(lasting ? 'ERR_DIRECTORY_REFUSED' : 'ERR_DIRECTORY_UNAVAILABLE', { cause });
}

function withoutValues(cause: DriverError, number: number): DriverError {
  if (!telling.includes(number)) return cause;
  return driverError(new Error(`The server did not accept a value (error ${number}).`), cause.code);
}
