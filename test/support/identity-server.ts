// A real HTTP server that answers with the result of `identify`, and raw requests to it.
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Identification } from '../../src/identity/assertion.js';
import type { HeaderLoginOn, IdentityOptions } from '../../src/identity/identify.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { explainedIdentifier } from './explained.js';

/** The server's answer: an identification, or the code of the refusal. */
export interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly unguarded?: boolean;
  readonly shared?: boolean | undefined;
  readonly assertion?: Identification['assertion'];
  readonly leftOut?: Identification['leftOut'];
  /** The names of the trailers, so that a test can check that they arrived. */
  readonly trailers?: readonly string[];
}

/** A running server. */
export interface IdentityServer {
  readonly server: Server;
  /** Sends one GET with exactly these header fields. Text is sent as UTF-8. */
  get(target: string, fields?: readonly (readonly [string, string])[]): Promise<Answer>;
  /** Sends raw bytes over one connection, and waits for this many answers. */
  exchange(bytes: string | Buffer, answers?: number): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** The server's settings besides `IdentityOptions`. */
export interface IdentityServerSettings {
  readonly http?: ServerOptions;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** A unix socket to listen on instead. */
  readonly path?: string;
}

/** Starts a server. By default it trusts loopback and reads Authelia's headers. */
export async function startIdentityServer(
  options: Partial<IdentityOptions & HeaderLoginOn> = {},
  settings: IdentityServerSettings = {},
): Promise<IdentityServer> {
  const identity = explainedIdentifier({ trustedProxies: ['loopback'], headers: 'authelia', ...options });
  const server = createServer(settings.http ?? {}, (request, response) => {
    // After the body, so that trailers have arrived, too.
    request.resume().on('end', () => {
      const answer = answerTo(() => identity.identify({ ...onlyWhatIsRead(request), socket: request.socket }));
      const body = JSON.stringify({ ...answer, trailers: Object.keys(request.trailers) });
      response.writeHead(answer.status, { 'content-length': Buffer.byteLength(body) }).end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (settings.path === undefined) server.listen(0, settings.host ?? '127.0.0.1', resolve);
    else server.listen(settings.path, resolve);
  });
  const target =
    settings.path === undefined
      ? { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
      : { path: settings.path };
  const exchange = (bytes: string | Buffer, answers = 1): Promise<readonly Answer[]> =>
    exchangeOver(target, bytes, answers);
  return {
    server,
    exchange,
    async get(path, fields = []) {
      const [answer] = await exchange(requestText(path, fields));
      if (answer === undefined) throw new Error('no answer');
      return answer;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A GET as it goes over the wire. */
export function requestText(target: string, fields: readonly (readonly [string, string])[]): string {
  const lines = [['Host', 'app.example'], ...fields].map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** An identification, or the refusal's status and code; any other error is rethrown. */
export function answerTo(identify: () => Identification): Answer {
  try {
    return { status: 200, ...identify() };
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    return { status: error.status, code: error.code };
  }
}

function onlyWhatIsRead(request: IncomingMessage): { rawHeaders: readonly string[]; url: string } {
  return { rawHeaders: request.rawHeaders, url: request.url ?? '' };
}

function exchangeOver(
  target: { port: number; host: string } | { path: string },
  bytes: string | Buffer,
  answers: number,
): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(target, () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${received.slice(0, 200)}`)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      const parsed = parseAnswers(received);
      if (parsed.length < answers) return;
      socket.destroy();
      resolve(parsed);
    });
  });
}

/** The complete answers in the received text. Node's own refusals (400, 431) have no body. */
function parseAnswers(received: string): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd === -1) return answers;
    const head = rest.slice(0, headEnd);
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const body = Buffer.from(rest.slice(headEnd + 4));
    if (body.length < length) return answers;
    const text = body.subarray(0, length).toString();
    answers.push(length === 0 ? { status } : (JSON.parse(text) as Answer));
    rest = body.subarray(length).toString();
  }
}
