// http tests: a request whose headers are sent now, and whose body is sent when the test says so.
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Host } from './harness.js';

/** Sends the rest of the body; resolves to the status, and the body as JSON. */
export type Release = () => Promise<{ readonly status: number | undefined; readonly json: Record<string, unknown> }>;

/** Sends the headers of a write, and waits until the host reads its body. */
export async function holdBody(
  { server, port }: Pick<Host, 'server' | 'port'>,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  json: unknown = {},
): Promise<Release> {
  const payload = JSON.stringify(json);
  const seen = once(server, 'request');
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: false,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': payload.length,
      'Sec-Fetch-Site': 'same-origin',
      ...headers,
    },
  });
  sent.write(payload.slice(0, 1));
  const [received] = (await seen) as [IncomingMessage];
  let answered = false;
  const answering = once(sent, 'response').then(([answer]) => {
    answered = true;
    return answer as IncomingMessage;
  });
  // The body is read after `authenticate`.
  while (received.listenerCount('data') === 0) {
    if (answered) throw new Error(`${method} ${path} was answered before its body came`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return async () => {
    sent.end(payload.slice(1));
    const answer = await answering;
    return { status: answer.statusCode, json: JSON.parse((await answer.toArray()).join('')) };
  };
}
