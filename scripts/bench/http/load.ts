// The load generator, in a process of its own. It keeps a number of connections busy for the time that the parent asks
// for. It is a client of this benchmark only: it reads responses with `Content-Length`.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BenchRequest } from '../requests.js';

/** A slice of load. */
export interface Slice {
  readonly port: number;
  readonly requests: readonly BenchRequest[];
  readonly milliseconds: number;
}

/** The result of a slice. */
export interface SliceResult {
  readonly responses: number;
  readonly milliseconds: number;
}

const connectionCount = 32;
const endOfHead = '\r\n\r\n';

/** Returns the bytes of a request. */
export function bytesOf({ target, headers }: BenchRequest): Buffer {
  const lines = [`GET ${target} HTTP/1.1`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return Buffer.from(`${lines.join('\r\n')}${endOfHead}`, 'latin1');
}

/**
 * Returns the length of the response at the beginning of the text, or `undefined` if the text has only a part of it.
 *
 * @throws {Error} if the response has another status than 200, or no `Content-Length`
 */
export function responseLength(text: string): number | undefined {
  const head = text.indexOf(endOfHead);
  if (head < 0) return undefined;
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`unexpected response: ${text.slice(0, head)}`);
  const name = '\r\nContent-Length: ';
  const at = text.indexOf(name);
  if (at < 0 || at > head) throw new Error(`a response without Content-Length: ${text.slice(0, head)}`);
  const length = head + endOfHead.length + Number.parseInt(text.slice(at + name.length, head), 10);
  return text.length < length ? undefined : length;
}

/** A connection that is kept alive. */
interface Connection {
  /** Sends requests in turns, as long as `next` returns one, and waits for all responses. */
  run(next: () => Buffer | undefined): Promise<void>;
}

async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let received = '';
  let onResponse: (() => void) | undefined;
  let onFailure: ((error: Error) => void) | undefined;
  socket.on('error', (error) => onFailure?.(error));
  socket.on('close', () => onFailure?.(new Error('the server has closed the connection')));
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    try {
      const length = responseLength(received);
      if (length === undefined) return;
      received = received.slice(length);
    } catch (error) {
      return onFailure?.(error as Error);
    }
    onResponse?.();
  });
  return {
    run: (next) =>
      new Promise((resolve, reject) => {
        onFailure = reject;
        onResponse = () => {
          const bytes = next();
          if (bytes === undefined) resolve();
          else socket.write(bytes);
        };
        onResponse();
      }),
  };
}

const connections = new Map<number, Promise<readonly Connection[]>>();

/** Keeps all connections to a server busy for the time of the slice. */
export async function runSlice({ port, requests, milliseconds }: Slice): Promise<SliceResult> {
  const opened =
    connections.get(port) ?? Promise.all(Array.from({ length: connectionCount }, () => openConnection(port)));
  connections.set(port, opened);
  const bytes = requests.map(bytesOf);
  const open = await opened;
  let sent = 0;
  const began = performance.now();
  const next = (): Buffer | undefined => {
    if (performance.now() - began >= milliseconds) return undefined;
    sent += 1;
    return bytes[sent % bytes.length];
  };
  await Promise.all(open.map(({ run }) => run(next)));
  return { responses: sent, milliseconds: performance.now() - began };
}
