// http tests: requests with exactly these headers, and session cookies.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Store } from 'express-session';

export const sessionSecret = 'a session secret for tests';

/** A response, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; `undefined` when it is not JSON. */
  readonly json: Record<string, unknown> | undefined;
  /** The session cookie of this response, as `name=value`. */
  readonly cookie: string | undefined;
}

export interface Ask {
  readonly method?: string;
  /** The proxy's `Remote-User`. */
  readonly user?: string;
  readonly groups?: string;
  readonly cookie?: string | undefined;
  readonly token?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as JSON from the host's own origin, unless `headers` say otherwise. */
  readonly json?: unknown;
  readonly body?: string | Buffer;
}

/** Sends a request on a connection of its own, with exactly these headers. */
export async function send(port: number, path: string, what: Ask): Promise<Answer> {
  const payload = what.body ?? (what.json === undefined ? undefined : JSON.stringify(what.json));
  const headers: OutgoingHttpHeaders = {
    ...(payload === undefined ? {} : { 'Content-Length': Buffer.byteLength(payload) }),
    ...headersOf(what),
  };
  const sent = request({ host: '127.0.0.1', port, path, method: what.method ?? 'GET', headers, agent: false });
  sent.end(payload);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    json: parsed(text),
    cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
  };
}

export function headersOf(what: Ask): OutgoingHttpHeaders {
  return {
    ...(what.user === undefined ? {} : { 'Remote-User': what.user }),
    ...(what.groups === undefined ? {} : { 'Remote-Groups': what.groups }),
    ...(what.cookie === undefined ? {} : { Cookie: what.cookie }),
    ...(what.token === undefined ? {} : { Authorization: `Bearer ${what.token}` }),
    ...what.headers,
  };
}

/** A WebSocket handshake; the host answers with JSON instead of frames. */
export async function upgrade(port: number, path: string, what: Ask): Promise<Record<string, unknown>> {
  const headers = { Connection: 'Upgrade', Upgrade: 'test', ...headersOf(what) };
  const sent = request({ host: '127.0.0.1', port, path, headers, agent: false });
  sent.end();
  const [, socket, head] = (await once(sent, 'upgrade')) as [unknown, Socket, Buffer];
  const chunks = [head];
  for await (const chunk of socket) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The cookie for a session id, signed as express-session does. */
export function cookieFor(id: string): string {
  const signature = createHmac('sha256', sessionSecret).update(id).digest('base64').replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}

/** The session id in such a cookie. */
export function idOf(cookie: string | undefined): string {
  return decodeURIComponent((cookie ?? '').split('=')[1] ?? '')
    .slice(2)
    .split('.')[0] as string;
}

/** The session in the store for this cookie. */
export function stored(store: Store, cookie: string | undefined): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    store.get(idOf(cookie), (error, data) => {
      if (error) reject(error);
      else resolve(data ? { ...data } : undefined);
    });
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
