// Listens on ports, reads bodies, and serves the demo's own files.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that is listening. It has no request handler yet, because other parts need its address first. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Whether the preferred port was busy, so that the server uses another one. */
  readonly moved: boolean;
  /** Stops listening and ends every open connection, including streams. */
  close(): Promise<void>;
}

/**
 * Listens on the preferred port of a host, or on a free one if that port is busy.
 * @param port 0 means a free one
 * @param strict throw instead of using another port, for services that clients find by their port
 */
export async function listen(port: number, host = '127.0.0.1', strict = false): Promise<Listening> {
  const server = createServer();
  answerLater(server);
  let moved = false;
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (strict || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
    moved = true;
    await once(server.listen(0, host), 'listening');
  }
  return {
    server,
    port: (server.address() as AddressInfo).port,
    moved,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Holds requests until the server has a listener for them. Without this, Node would never answer them. */
function answerLater(server: Server): void {
  const waiting: [IncomingMessage, ServerResponse][] = [];
  const wait = (request: IncomingMessage, response: ServerResponse): void => void waiting.push([request, response]);
  server.on('request', wait);
  const takeOver = (event: string | symbol): void => {
    if (event !== 'request') return;
    server.off('newListener', takeOver);
    // The listener is added after this event.
    process.nextTick(() => {
      server.off('request', wait);
      for (const [request, response] of waiting) server.emit('request', request, response);
    });
  };
  server.on('newListener', takeOver);
}

/** The body as text. Rejects above 64 KiB. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > 64 * 1024) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// This module runs from dist/scripts/demo. The style sheet is only in the sources.
const styles = new URL('../../../scripts/demo/styles.css', import.meta.url);

/** Answers with the demo's style sheet. */
export async function sendStyles(response: ServerResponse): Promise<void> {
  const text = await readFile(styles);
  response.writeHead(200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }).end(text);
}

/** Answers with a browser module that the build has written to ./browser. */
export async function sendScript(response: ServerResponse, name: 'app' | 'phone'): Promise<void> {
  const text = await readFile(new URL(`./browser/${name}.js`, import.meta.url));
  response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' }).end(text);
}
