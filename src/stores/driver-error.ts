// What is kept of a driver's error. Drivers hang statements, parameters and rows on theirs.

/** An error with the code of the driver or of the server: a SQLSTATE, the first word of Redis, or one of Node's. */
export interface DriverError extends Error {
  readonly code?: string;
}

/** The message, the code and the stack of an error, and nothing else that hangs on it. */
export function driverError(error: unknown, code: string | undefined = codeOf(error)): DriverError {
  const kept = new Error(messageOf(error));
  if (error instanceof Error && error.stack !== undefined) kept.stack = error.stack;
  return code === undefined ? kept : Object.assign(kept, { code });
}

/** The text of an error. Of several at once (`localhost` by IPv6 and by IPv4) that of the first which has one. */
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
