// http tests: a real Express app on a free port, with real services and memory stores.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import session, { MemoryStore, type Store } from 'express-session';
import type { Administration } from '../../src/directory/administration/administration.js';
import type { Http } from '../../src/http/http.js';
import { serverParts } from '../../src/http/openapi/document.js';
import type { Pairings } from '../../src/pairing/pairings.js';
import type { ApiTokens } from '../../src/tokens/api-token.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { answerCheck } from '../support/openapi/answer-check.js';
import { type Answer, type Ask, send, sessionSecret, upgrade } from './client.js';
import { addSecret, type HostOptions } from './host-options.js';
import { hostServices } from './host-services.js';

export * from './client.js';
export * from './host-options.js';

export interface Host {
  readonly app: Express;
  readonly server: Server;
  readonly port: number;
  readonly auth: Http;
  readonly directory: Directory;
  readonly state: SharedState;
  readonly administration: Administration;
  readonly tokens: ApiTokens;
  readonly pairings: Pairings;
  readonly sessions: Store;
  readonly events: LatchkeyEvent[];
  /** Errors that reached the host's own handler. */
  readonly hostErrors: unknown[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** A write as Latchkey's pages send it. */
  write(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** A WebSocket handshake: `ok` or the code of the refusal, and the principal. */
  upgrade(path: string, ask?: Ask): Promise<Record<string, unknown>>;
  /** Pairs a device of this user and returns its token. */
  pair(subject: string): Promise<{ readonly id: string; readonly token: string }>;
  close(): Promise<void>;
}

/** Starts a host. */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  const { store = new MemoryStore() } = options;
  const services = hostServices(options);
  const { auth, directory, state, tokens, administration, pairings, events } = services;
  const hostErrors: unknown[] = [];

  const app = express();
  app.use(answerCheck(serverParts(services.served)));
  if (options.shared) {
    app.use((req, _res, next) => {
      addSecret(req);
      next();
    });
  }
  options.first?.(app);
  if (store !== null) {
    const { saveUninitialized = false, resave = false, sessionCookie: cookie = {} } = options;
    app.use(session({ store, secret: sessionSecret, resave, saveUninitialized, cookie }));
  }
  options.before?.(app);
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  if (auth.tokenRouter !== undefined) app.use('/api/auth', auth.tokenRouter);
  app.get(['/who', '/api/who'], (req, res) => {
    const { principal } = req;
    res.json({ subject: principal?.subject, method: principal?.method, roles: [...(principal?.roles ?? [])] });
  });
  app.get(['/guarded', '/api/guarded'], auth.requireLogin(), (_req, res) => void res.json({ ok: true }));
  app.get(['/admins', '/api/admins'], auth.requireRole('admin'), (_req, res) => void res.json({ ok: true }));
  options.routes?.(app, auth);
  app.use(auth.problems);
  app.use(((error, _req, res, _next) => {
    hostErrors.push(error);
    if (res.headersSent) res.end();
    else res.status(500).json({ host: true });
  }) satisfies express.ErrorRequestHandler);

  const server = app.listen(0, '127.0.0.1');
  const sessionParser = session({
    store: store ?? new MemoryStore(),
    secret: sessionSecret,
    resave: false,
    saveUninitialized: false,
    cookie: options.sessionCookie ?? {},
  });
  server.on('upgrade', async (req, socket) => {
    const answer: Record<string, unknown> = {};
    if (options.shared) addSecret(req);
    try {
      const parse = store !== null && options.upgradeWithoutSession !== true;
      if (parse) await new Promise((done) => sessionParser(req as never, {} as never, done));
      const principal = await auth.authenticateUpgrade(req);
      const { session: data } = req as { session?: { note?: string } };
      Object.assign(answer, { subject: principal?.subject, method: principal?.method, note: data?.note });
    } catch (error) {
      Object.assign(answer, { code: (error as { code?: string }).code });
    }
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n${JSON.stringify(answer)}`,
    );
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = (path: string, what: Ask = {}) => send(port, path, what);

  return {
    app,
    server,
    port,
    auth,
    directory,
    state,
    administration,
    tokens,
    pairings,
    sessions: store ?? new MemoryStore(),
    events,
    hostErrors,
    ask,
    write: (method, path, what = {}) =>
      ask(path, {
        method,
        json: what.body === undefined ? {} : undefined,
        ...what,
        headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...what.headers },
      }),
    upgrade: (path, what = {}) => upgrade(port, path, what),
    async pair(subject) {
      const user = await directory.findUser(subject);
      if (user === undefined) throw new Error('no such user');
      const id = crypto.randomUUID();
      const createdAt = new Date();
      const expiresAt = new Date(createdAt.getTime() + 86_400_000);
      await directory.createDevice({
        id,
        userId: user.id,
        name: 'Phone',
        clientId: 'app',
        pairedBy: 'code',
        createdAt,
        expiresAt,
      });
      return { id, token: tokens.mint({ deviceId: id, subject, clientId: 'app', issuedAt: createdAt, expiresAt }) };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await services.close();
    },
  };
}
