// test/e2e: sends requests byte for byte, also such that no HTTP client would send.
import { connect } from 'node:net';

/** A header field as it goes over the wire. */
export type Field = readonly [name: string, value: string];

/** The answer. */
export interface RawAnswer {
  readonly status: number;
  /** The status line and the fields. */
  readonly head: string;
  readonly body: string;
  /** The body as JSON; an empty object if it is not JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** How to send a request. */
export interface RawOptions {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Ends the request as soon as this returns true. Default: when the server closes the connection. */
  readonly enough?: (received: string) => boolean;
}

/** Sends one request and returns the answer. Adds `Host`, and `Connection: close` if there is no such field. */
export async function rawRequest(
  port: number,
  target: string,
  fields: readonly Field[] = [],
  { method = 'GET', body, enough = () => false }: RawOptions = {},
): Promise<RawAnswer> {
  const content = body === undefined ? '' : JSON.stringify(body);
  const all: Field[] = [['Host', `127.0.0.1:${port}`], ...fields];
  if (!fields.some(([name]) => name.toLowerCase() === 'connection')) all.push(['Connection', 'close']);
  if (body !== undefined) all.push(['Content-Type', 'application/json'], ['Content-Length', `${content.length}`]);
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return parsed(await exchange(port, `${method} ${target} HTTP/1.1\r\n${lines}\r\n${content}`, enough));
}

function exchange(port: number, request: string, enough: (received: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8');
    socket.setTimeout(5000, () => socket.destroy(new Error(`no end after:\n${received}`)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (isWhole(received) || enough(received)) socket.destroy();
    });
    socket.once('error', (error) => (received === '' ? reject(error) : undefined));
    socket.once('close', () => resolve(received));
  });
}

/** Whether the body is complete. A proxy may keep the connection open after it (`Connection: Remote-User`). */
function isWhole(received: string): boolean {
  const { head, body } = split(received);
  const length = /^content-length: (\d+)/imu.exec(head)?.[1];
  return length !== undefined && body !== undefined && Buffer.byteLength(body) >= Number(length);
}

function split(received: string): { head: string; body: string | undefined } {
  const end = received.indexOf('\r\n\r\n');
  return end === -1
    ? { head: received, body: undefined }
    : { head: received.slice(0, end), body: received.slice(end + 4) };
}

function parsed(received: string): RawAnswer {
  const { head, body = '' } = split(received);
  const isJson = /^content-type: application\/(?:problem\+)?json/imu.test(head);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/u.exec(head)?.[1]),
    head,
    body,
    json: isJson ? (JSON.parse(body) as RawAnswer['json']) : {},
  };
}
