// test/e2e: requests byte for byte, as no HTTP client would send them.
import { connect } from 'node:net';

/** A header field as it goes over the wire. */
export type Field = readonly [name: string, value: string];

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  /** The status line and the fields. */
  readonly head: string;
  readonly body: string;
  /** The body as JSON; an empty object where it is something else. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** How to send it. */
export interface RawOptions {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Ends the request as soon as what has come says so; default: when the server closes. */
  readonly enough?: (received: string) => boolean;
}

/** Sends one request and gives the answer. `Host` is added, and `Connection: close` unless there is one. */
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

/** Where the length is known, a proxy may keep the connection all the same (`Connection: Remote-User`). */
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
