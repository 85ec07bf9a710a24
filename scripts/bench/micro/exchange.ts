// Passes requests to a handler of `node:http` without sockets, with the same objects that `node:http` creates.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { RequestCopies } from '../requests.js';

/** A handler of `node:http`, such as an Express app. */
export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** The number of requests that are in progress at the same time. */
export const connectionCount = 16;

/** A kept-alive connection from the loopback address. It discards what the server writes, unless it has a listener. */
class Connection extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly remoteFamily = 'IPv4';
  readonly remotePort = 50_000;
  listener: ((chunk: Buffer) => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.listener?.(chunk);
    done();
  }
}

/** `node:http` fills the headers of a request with this method. */
interface HeaderTarget {
  _addHeaderLines(lines: readonly string[], count: number): void;
}

/** Sends requests to a handler. */
export interface Exchange {
  /**
   * Sends this many requests, `connectionCount` at a time.
   *
   * @throws {Error} if a response has another status than 200
   */
  run(copies: RequestCopies, count: number): Promise<void>;
  /**
   * Sends one request and returns the response as it would be sent.
   *
   * @throws {Error} if the response has another status than 200
   */
  response(copies: RequestCopies): Promise<string>;
}

/** Returns an exchange with a handler. */
export function exchange(handler: Handler): Exchange {
  const connections = Array.from({ length: connectionCount }, () => new Connection());
  let open = 0;
  let failure: Error | undefined;

  function send(connection: Connection, copies: RequestCopies): void {
    const { target, headers } = copies.next();
    const socket = connection as unknown as Socket;
    const req = new IncomingMessage(socket);
    req.httpVersionMajor = 1;
    req.httpVersionMinor = 1;
    req.httpVersion = '1.1';
    (req as unknown as HeaderTarget)._addHeaderLines(headers, headers.length);
    req.method = 'GET';
    req.url = target;
    req.push(null);
    const res = new ServerResponse(req);
    res.shouldKeepAlive = true;
    res.assignSocket(socket);
    open += 1;
    res.on('finish', () => {
      res.detachSocket(socket);
      open -= 1;
      if (res.statusCode !== 200) failure = new Error(`GET ${target} was answered with ${res.statusCode}`);
    });
    handler(req, res);
  }

  /** Lets the responses finish. A server does this between two reads of its sockets. */
  async function finished(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (open > 0);
    if (failure !== undefined) throw failure;
  }

  return {
    async run(copies, count) {
      for (let sent = 0; sent < count; sent += connectionCount) {
        const batch = Math.min(connectionCount, count - sent);
        for (let index = 0; index < batch; index += 1) send(connections[index] as Connection, copies);
        await finished();
      }
    },

    async response(copies) {
      const [connection] = connections as [Connection];
      const chunks: Buffer[] = [];
      connection.listener = (chunk) => chunks.push(chunk);
      send(connection, copies);
      await finished();
      connection.listener = undefined;
      return Buffer.concat(chunks).toString();
    },
  };
}
