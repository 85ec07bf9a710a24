// Copies only the safe parts of a driver's error, because drivers attach statements, parameters and rows to their
// errors.

/**
 * An error whose `code` comes from the driver or the server, such as a SQLSTATE, the first word of a Redis error, or a
 * Node error code.
 */
export interface DriverError extends Error {
  readonly code?: string | undefined;
}

/** Copies the message, the code and the stack of an error, and no other property. */
export function driverError(error: unknown, code: string | undefined = codeOf(error)): DriverError {
  const kept = new Error(messageOf(error));
  if (error instanceof Error && error.stack !== undefined) kept.stack = error.stack;
  return code === undefined ? kept : Object.assign(kept, { code });
}

/**
 * Returns the message of an error. For an `AggregateError` without a message, returns the first message among its
 * errors. Node throws such an error if a connection to `localhost` fails over both IPv6 and IPv4.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.message !== '') return error.message;
  const each: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const first = each.find((inner) => inner instanceof Error && inner.message !== '');
  return first instanceof Error ? first.message : error.name;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : undefined;
}
