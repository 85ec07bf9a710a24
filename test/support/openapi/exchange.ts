// Records requests and their answers inside the server that sends the answers.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A request and its answer. */
export interface Exchange {
  readonly method: string;
  /** The path of the request, without the query. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly requestType: string | undefined;
  /** The parsed body of the request. */
  readonly body: object | undefined;
  readonly status: number;
  /** The headers of the answer, by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the answer. */
  readonly answer: string;
}

/** Calls `done` with each exchange, before the client can have received the end of the answer. */
export function recordExchange(
  req: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown },
  res: ServerResponse,
  done: (exchange: Exchange) => void,
): void {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { write, end } = res;
  let ended = false;
  res.write = ((...given: unknown[]) => {
    keep(given[0]);
    return Reflect.apply(write, res, given);
  }) as typeof write;
  res.end = ((...given: unknown[]) => {
    keep(given[0]);
    if (!ended) {
      ended = true;
      done(exchangeOf(req, res, Buffer.concat(chunks).toString()));
    }
    return Reflect.apply(end, res, given);
  }) as typeof end;
}

/** Returns the media type of a `Content-Type`, without its parameters. */
export function mediaTypeOf(value: string | undefined): string | undefined {
  return value?.split(';')[0]?.trim().toLowerCase();
}

function exchangeOf(
  req: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown },
  res: ServerResponse,
  answer: string,
): Exchange {
  // Not parsed as a URL, because that would change paths such as `/auth/../me`.
  const [path = '', ...query] = (req.originalUrl ?? req.url ?? '/').replace(/^https?:\/\/[^/]*/i, '').split('?');
  const { body } = req;
  return {
    method: req.method ?? 'GET',
    path,
    query: [...new URLSearchParams(query.join('?'))],
    requestType: mediaTypeOf(req.headers['content-type']),
    body: typeof body === 'object' && body !== null ? body : undefined,
    status: res.statusCode,
    headers: plain(res.getHeaders()),
    answer,
  };
}

function plain(headers: OutgoingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
