// http tests: a client of Server-Sent Events.
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface Stream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Everything received so far. */
  readonly text: string;
  /** The data of the `status` events so far. */
  readonly statuses: readonly string[];
  /** Resolves when the text so far matches. */
  until(pattern: RegExp): Promise<void>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** Disconnects, like a browser when the user leaves the page. */
  leave(): void;
}

/** Opens a stream as `user`. */
export async function openStream(
  port: number,
  path: string,
  user: string,
  headers: Record<string, string> = {},
): Promise<Stream> {
  const sent = request({ host: '127.0.0.1', port, path, headers: { 'Remote-User': user, ...headers }, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  const listeners = new Set<() => void>();
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    for (const listener of listeners) listener();
  });
  response.on('error', () => {});
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    get text() {
      return text;
    },
    get statuses() {
      return [...text.matchAll(/^event: status\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '').status);
    },
    until: (pattern) =>
      new Promise((resolve) => {
        function look(): void {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve();
        }
        listeners.add(look);
        look();
      }),
    // Not by `once`, which rejects when the client has aborted the stream.
    ended: new Promise((resolve) => response.once('close', resolve)),
    leave: () => void sent.destroy(),
  };
}
