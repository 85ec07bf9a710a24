// Runs requests against a real server with a fixed clock and fixed random numbers, and records them.
import crypto from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { type Latchkey, type LatchkeyOptions, latchkey, memoryDirectory, memoryState } from '../../src/index.js';

/** A request of a vector. */
export interface VectorRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it is sent. Absent if there is none. */
  readonly body?: string | undefined;
}

/** The response of a vector. Only the headers that clients read are listed. */
export interface VectorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON. Absent if the body is empty. */
  readonly json?: unknown;
}

/** A request and its response. */
export interface Step {
  readonly name: string;
  /** The server's clock, in seconds since the start of the scenario. */
  readonly at: number;
  readonly request: VectorRequest;
  readonly response: VectorResponse;
}

/** A sequence of requests to one server. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly steps: readonly Step[];
}

/** The requests that a scenario can send. */
export interface Recorder {
  /** Sends a form to a route of `tokenRouter`, as an app does. Records the step, and returns the JSON. */
  form(
    name: string,
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
  /** Sends a GET request. Records the step. */
  get(name: string, path: string, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** Sends a write of Ada's browser. Does not record it, because apps do not send it. */
  browser(method: string, path: string, body?: object): Promise<Readonly<Record<string, string>>>;
  /** Advances the server's clock. */
  wait(seconds: number): void;
}

/** The start of each scenario. */
export const start: number = Date.UTC(2026, 0, 1);

/** The issuer of the server in all vectors. */
export const issuer = 'https://music.example.com/api/auth';

/** The link that opens the app. */
export const appLink = 'https://music.example.com/link';

/** The headers that clients read. */
const recorded = ['content-type', 'cache-control', 'retry-after', 'www-authenticate'];

/** Runs a scenario against a new server. */
export async function recordScenario(
  name: string,
  description: string,
  options: { readonly tokens?: object; readonly quickConnect?: Partial<LatchkeyOptions['quickConnect']> },
  run: (recorder: Recorder) => Promise<void>,
): Promise<Scenario> {
  const restore = fixRandomNumbers();
  let now = start;
  const auth = server(() => now, options);
  const app = express();
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get('/api/library', auth.requireLogin(), (_req, res) => void res.json({ albums: [] }));
  app.use(auth.problems);
  const listening = app.listen(0, '127.0.0.1');
  const steps: Step[] = [];
  try {
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    const record = async (step: string, sent: VectorRequest): Promise<unknown> => {
      const response = await send(port, sent);
      steps.push({ name: step, at: (now - start) / 1000, request: sent, response });
      return response.json;
    };
    await run({
      async form(step, path, fields, headers = {}) {
        const body = new URLSearchParams(fields).toString();
        const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
        return (await record(step, { method: 'POST', path, headers: { ...type, ...headers }, body })) as never;
      },
      async get(step, path, headers = {}) {
        await record(step, { method: 'GET', path, headers });
      },
      async browser(method, path, body = {}) {
        const headers = {
          'Content-Type': 'application/json',
          'Remote-Name': 'Ada',
          'Remote-User': 'ada',
          'Sec-Fetch-Site': 'same-origin',
        };
        const { status, json } = await send(port, { method, path, headers, body: JSON.stringify(body) });
        if (status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
        return json as never;
      },
      wait(seconds) {
        now += seconds * 1000;
      },
    });
  } finally {
    listening.closeAllConnections();
    listening.close();
    await auth.close();
    restore();
  }
  return { name, description, steps };
}

function server(now: () => number, options: Parameters<typeof recordScenario>[2]): Latchkey {
  return latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    session: 'none',
    directory: memoryDirectory({ now }),
    state: memoryState({ now }),
    unguardedPaths: ['/api'],
    groupRoles: { music: ['listener'] },
    tokens: { keys: [{ kid: '2026', secret: 'a-secret-that-is-only-for-test-vectors' }], issuer, ...options.tokens },
    quickConnect: { appLink, ...options.quickConnect },
    now,
  });
}

async function send(port: number, { method, path, headers, body }: VectorRequest): Promise<VectorResponse> {
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const named = recorded.filter((name) => response.headers[name] !== undefined);
  return {
    status: response.statusCode,
    headers: Object.fromEntries(named.map((name) => [name, response.headers[name]])),
    ...(text === '' ? {} : { json: JSON.parse(text) }),
  };
}

/**
 * Replaces the random numbers with a fixed sequence, so that each run makes the same ids and codes. Returns a function
 * that restores them.
 */
function fixRandomNumbers(): () => void {
  const { randomUUID, randomInt } = crypto;
  const next = { uuid: 0, integer: 0 };
  const digest = (kind: keyof typeof next): Buffer => {
    next[kind] += 1;
    return crypto.createHash('sha256').update(`${kind} ${next[kind]}`).digest();
  };
  crypto.randomUUID = () => {
    const bytes = digest('uuid');
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
  };
  crypto.randomInt = ((max: number) => digest('integer').readUInt32BE() % max) as typeof randomInt;
  syncBuiltinESMExports();
  return () => {
    Object.assign(crypto, { randomUUID, randomInt });
    syncBuiltinESMExports();
  };
}
