// Formats an error in one line for the log: what failed, and all its causes.

/** The messages of an error and of its causes. */
export function complaint(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError has several: for example `localhost` by IPv6 and by IPv4.
  const each: readonly unknown[] = error instanceof AggregateError && error.message === '' ? error.errors : [];
  const message = each.length === 0 ? error.message : each.map(complaint).join(', ');
  return error.cause === undefined ? message : `${message}: ${complaint(error.cause)}`;
}

/**
 * The address in a connection string, without its credentials.
 * @throws if there is none; the message does not repeat the string.
 */
export function addressIn(name: string, url: string): string {
  if (!URL.canParse(url)) throw new Error(`${name} is no address such as postgres://user:password@host:5432/database.`);
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
