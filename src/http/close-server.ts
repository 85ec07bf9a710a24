// Closes the host's HTTP server so that every request that it has received is still answered.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import { configError, refuseUnknownKeys } from '../identity/config-error.js';
import type { EveryMember } from '../vocabulary/every-member.js';

/** The options of `close`. */
export interface CloseOptions {
  /**
   * The server that `app.listen()` returned. Latchkey closes it first, and waits until all requests are answered.
   * Default: you have closed the server already.
   */
  readonly server?: Server | HttpsServer | undefined;
  /**
   * For how many seconds requests may continue after `server` has stopped listening. After this time, their connections
   * are closed. 0–600. Default: 10.
   */
  readonly graceSeconds?: number | undefined;
}

const members: EveryMember<CloseOptions, true> = { server: true, graceSeconds: true };

const defaultGraceSeconds = 10;

/** How often connections that have become idle are closed, in milliseconds. */
const idleMilliseconds = 50;

/**
 * Checks the options of `close`.
 * @throws {LatchkeyError} `ERR_CONFIG` when an option is unknown or invalid
 */
export function checkCloseOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null || options instanceof NetServer) {
    throw configError('close', '{ server?, graceSeconds? }', typeof options);
  }
  refuseUnknownKeys('close', options, members);
  const { server, graceSeconds }: { [Name in keyof CloseOptions]?: unknown } = options;
  if (server !== undefined && !isHttpServer(server)) {
    throw configError(
      'close.server',
      "Node's http.Server or https.Server, such as that of app.listen()",
      typeof server,
    );
  }
  if (graceSeconds === undefined) return;
  if (typeof graceSeconds !== 'number' || !(graceSeconds >= 0 && graceSeconds <= 600)) {
    throw configError('close.graceSeconds', 'a number from 0 to 600', graceSeconds);
  }
}

/** HTTP/2 servers and servers of other protocols cannot close their idle connections. */
function isHttpServer(server: unknown): boolean {
  return server instanceof NetServer && 'closeIdleConnections' in server && 'closeAllConnections' in server;
}

/**
 * Stops listening, and resolves when all connections have ended. Responses that begin from now on carry
 * `Connection: close`, so that a client with a kept-alive connection opens its next connection to another instance.
 * After the grace period, all HTTP connections are closed. Resolves then even if connections of another protocol, such
 * as WebSockets, are still open. Never rejects.
 */
export async function closeServer(
  server: Server | HttpsServer,
  graceSeconds: number = defaultGraceSeconds,
): Promise<void> {
  server.prependListener('request', (_req: IncomingMessage, res: ServerResponse) => {
    res.shouldKeepAlive = false;
  });
  // A server that does not listen reports an error, which does not matter here.
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), idleMilliseconds);
  let grace: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    grace = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, graceSeconds * 1000);
  });
  await Promise.race([ended, late]);
  clearInterval(idle);
  clearTimeout(grace);
}
