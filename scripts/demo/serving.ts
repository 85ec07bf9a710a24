// Listening, reading bodies and serving the demo's own files.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens, before there is anything to serve: addresses must be known first. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Whether the wanted port was busy and another was taken. */
  readonly moved: boolean;
  /** Ends the listening and every open connection, streams included. */
  close(): Promise<void>;
}

/**
 * Listens on the wanted port of a host, or on a free one where it is busy.
 * @param port 0 takes a free one.
 * @param strict Refuse to move: for services that others find by their port.
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

/** What is asked before there is anything to serve waits for it: a request without a listener is never answered. */
function answerLater(server: Server): void {
  const waiting: [IncomingMessage, ServerResponse][] = [];
  const wait = (request: IncomingMessage, response: ServerResponse): void => void waiting.push([request, response]);
  server.on('request', wait);
  const takeOver = (event: string | symbol): void => {
    if (event !== 'request') return;
    server.off('newListener', takeOver);
    // The listener is there once this event is over.
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

// This module runs from dist/scripts/demo; the style sheet stays in the sources.
const styles = new URL('../../../scripts/demo/styles.css', import.meta.url);

/** Answers with the demo's style sheet. */
export async function sendStyles(response: ServerResponse): Promise<void> {
  const text = await readFile(styles);
  response.writeHead(200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }).end(text);
}

/** Answers with a browser module that the build has put beside this one. */
export async function sendScript(response: ServerResponse, name: 'app' | 'phone'): Promise<void> {
  const text = await readFile(new URL(`./browser/${name}.js`, import.meta.url));
  response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' }).end(text);
}
