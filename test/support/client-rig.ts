// Apps that use latchkey/client, a real server for them, and a stand-in whose answers a test chooses.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import type { ClientStorage, Connection, ConnectionOptions, ConnectionState } from '../../src/client/index.js';
import { ClientError, connection } from '../../src/client/index.js';
import {
  type Directory,
  type ErrorCode,
  type Latchkey,
  LatchkeyError,
  type LatchkeyEvent,
  latchkey,
  memoryDirectory,
  memoryState,
  type SharedState,
} from '../../src/index.js';
import type { OpenPairing } from './open-pairing.js';
import { answerCheck } from './openapi/answer-check.js';
import { usualParts } from './openapi/usual-parts.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** A real server behind a TCP proxy that can fail. */
export interface ClientServer {
  /** The issuer, as reached through the TCP proxy. */
  readonly issuer: string;
  readonly origin: string;
  readonly wire: TcpProxy;
  readonly auth: Latchkey;
  readonly app: Express;
  readonly events: LatchkeyEvent[];
  /** Which of its stores are unavailable. */
  readonly down: { directory: boolean; state: boolean };
  /** Called by `onEvent`, too. */
  heard: (event: LatchkeyEvent) => void;
  /** Opens a pairing in Ada's browser. */
  pairing(): Promise<OpenPairing>;
  /** Ada's devices that are not revoked. */
  devices(): Promise<readonly { readonly id: string; readonly name: string }[]>;
  stop(): Promise<void>;
}

/** Starts the server. */
export async function startClientServer(codeFormat: 'base32' | 'digits' = 'base32'): Promise<ClientServer> {
  const server = createServer();
  const port = await listening(server);
  const wire = await startTcpProxy({ host: '127.0.0.1', port });
  const origin = `http://127.0.0.1:${wire.port}`;
  const issuer = `${origin}/api/auth`;
  const events: LatchkeyEvent[] = [];
  const down = { directory: false, state: false };
  const directory: Directory = failing(memoryDirectory(), 'ERR_DIRECTORY_UNAVAILABLE', () => down.directory);
  const state: SharedState = failing(memoryState(), 'ERR_STATE_UNAVAILABLE', () => down.state);
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    session: 'none',
    directory,
    state,
    unguardedPaths: ['/api'],
    tokens: { keys: [{ kid: 'one', secret: 'k'.repeat(32) }], issuer },
    quickConnect: { appLink: 'https://music.example.com/link', codeFormat },
    onEvent(event) {
      events.push(event);
      rig.heard(event);
    },
  });
  const app = express();
  app.use(answerCheck(usualParts));
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get('/api/library', auth.requireLogin(), (req, res) => void res.json({ owner: req.principal?.subject }));
  app.get('/guarded', auth.requireLogin(), (_req, res) => void res.json({}));
  server.on('request', app);

  const rig: ClientServer = {
    issuer,
    origin,
    wire,
    auth,
    app,
    events,
    down,
    heard: () => undefined,
    async pairing() {
      const response = await fetch(`http://127.0.0.1:${port}/auth/pairings`, {
        method: 'POST',
        headers: { 'Remote-User': 'ada', 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
        body: '{}',
      });
      return (await response.json()) as OpenPairing;
    },
    devices: () => auth.devices.list({ subject: 'ada' }),
    async stop() {
      await wire.stop();
      server.closeAllConnections();
      server.close();
      await auth.close();
    },
  };
  return rig;
}

/** A port whose methods reject while `down` returns true. */
function failing<Port extends object>(port: Port, code: ErrorCode, down: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== 'function' || name === 'subscribe' || name === 'close') return verb;
      return (...parameters: unknown[]) =>
        down() ? Promise.reject(new LatchkeyError(code)) : Promise.resolve(Reflect.apply(verb, target, parameters));
    },
  });
}

/** A request that a stand-in received. */
export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

/** The answer of a stand-in: a status, a body, headers. `cut`: it breaks the connection instead. */
export type Said = readonly [status: number, body?: unknown, headers?: Record<string, string>] | 'cut';

/** A server whose answers a test chooses. */
export interface StandIn {
  readonly origin: string;
  readonly issuer: string;
  readonly heard: Heard[];
  /** Its answers, one after the other. It repeats the last one. */
  answers: (Said | ((heard: Heard) => Said | Promise<Said>))[];
  stop(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const heard = { path: req.url ?? '', headers: req.headers, form };
    rig.heard.push(heard);
    const next = rig.answers.length > 1 ? rig.answers.shift() : rig.answers[0];
    const said = (typeof next === 'function' ? await next(heard) : next) ?? [500];
    if (said === 'cut') {
      req.socket.destroy();
      return;
    }
    const [status, body, headers] = said;
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  });
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const rig: StandIn = {
    origin,
    issuer: `${origin}/api/auth`,
    heard: [],
    answers: [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return rig;
}

/** A token response for the stand-in. */
export function tokenAnswer(token: string, expiresIn = 9000): Said {
  return [
    200,
    {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresIn,
      device_id: 'd-1',
      account: { subject: 'ada', display_name: 'Ada L.' },
    },
  ];
}

/** An app: a connection with a storage in memory and a clock that only its own waits advance. */
export interface TestApp {
  readonly connection: Connection;
  readonly stored: Map<string, string>;
  readonly clock: { now: number };
  /** The waits between attempts, in seconds. */
  readonly waits: number[];
  readonly states: ConnectionState[];
  /** Runs before a wait ends. */
  waiting: (seconds: number) => unknown;
}

/** Waits of this length are the time limit of a request. It never ends in a test. */
export const timeoutSeconds = 12_345;

export function testApp(
  options: Partial<ConnectionOptions> = {},
  stored: Map<string, string> = new Map(),
  clock: { now: number } = { now: Date.UTC(2026, 10, 1) },
): TestApp {
  const waits: number[] = [];
  const states: ConnectionState[] = [];
  const app: TestApp = {
    connection: connection({
      clientId: 'com.example.music',
      deviceName: 'Pixel 8',
      storage: memoryStorage(stored),
      timeoutSeconds,
      now: () => clock.now,
      async sleep(milliseconds, signal) {
        if (milliseconds === timeoutSeconds * 1000) {
          await new Promise<void>((resolve) => signal?.addEventListener('abort', resolve));
          return;
        }
        waits.push(milliseconds / 1000);
        await app.waiting(milliseconds / 1000);
        clock.now += milliseconds;
      },
      onChange: (state) => states.push(state),
      ...options,
    }),
    stored,
    clock,
    waits,
    states,
    waiting: () => undefined,
  };
  return app;
}

export function memoryStorage(stored: Map<string, string>): ClientStorage {
  return {
    get: async (key) => stored.get(key),
    set: async (key, value) => stored.set(key, value),
    delete: async (key) => stored.delete(key),
  };
}

/** The error that a promise rejects with. Throws if the error contains one of the secrets. */
export async function clientError(promise: Promise<unknown>, ...secrets: string[]): Promise<ClientError> {
  const outcome = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
  if (!(outcome instanceof ClientError)) throw new Error('expected a ClientError', { cause: outcome });
  const texts = [outcome.message, outcome.stack, JSON.stringify(outcome), String(outcome.cause)].join('\n');
  if (secrets.some((secret) => texts.includes(secret))) throw new Error('the error quotes a secret');
  return outcome;
}

/** The code of that error. */
export async function clientCode(promise: Promise<unknown>, ...secrets: string[]): Promise<string> {
  return (await clientError(promise, ...secrets)).code;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
