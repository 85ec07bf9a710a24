// An error in one line for the log: what failed, and why, as far down as the causes go.

/** The messages of an error and of its causes. */
export function complaint(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several at once: `localhost` by IPv6 and by IPv4.
  const each: readonly unknown[] = error instanceof AggregateError && error.message === '' ? error.errors : [];
  const message = each.length === 0 ? error.message : each.map(complaint).join(', ');
  return error.cause === undefined ? message : `${message}: ${complaint(error.cause)}`;
}

/** The address in a connection string, without who logs in there. Throws where there is none, without repeating it. */
export function addressIn(name: string, url: string): string {
  if (!URL.canParse(url)) throw new Error(`${name} is no address such as postgres://user:password@host:5432/database.`);
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
