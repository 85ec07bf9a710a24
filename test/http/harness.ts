// http tests: a real Express app on a free port, with real services and memory stores.
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import session, { type CookieOptions, MemoryStore, type Store } from 'express-session';
import { type Administration, administration } from '../../src/directory/administration/administration.js';
import { accountExplainer } from '../../src/directory/administration/explain-account.js';
import { principalCache } from '../../src/directory/cache/principal-cache.js';
import { decideAdmission } from '../../src/directory/resolution/admission.js';
import { deviceRenewal } from '../../src/directory/resolution/device-renewal.js';
import { hostLinks } from '../../src/directory/resolution/host-links.js';
import type { HostUsers } from '../../src/directory/resolution/host-users.js';
import { loginEnds } from '../../src/directory/resolution/login-ends.js';
import { principalWatch } from '../../src/directory/resolution/principal-watch.js';
import { resolver } from '../../src/directory/resolution/resolve-principal.js';
import { configuredGroupRoles, defaultAdministrator } from '../../src/directory/resolution/role-mapping.js';
import { explainer } from '../../src/http/explain-request.js';
import { type Http, type HttpServices, http } from '../../src/http/http.js';
import { serverParts } from '../../src/http/openapi/document.js';
import type { DeviceServices, QuickConnectServices } from '../../src/http/services.js';
import { type HeaderLogin, identifier } from '../../src/identity/identify.js';
import { type Pairings, pairings } from '../../src/pairing/pairings.js';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type ApiTokens, apiTokens } from '../../src/tokens/api-token.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { liveness } from '../../src/tokens/liveness.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { SubjectCase } from '../../src/vocabulary/words.js';
import { answerCheck } from '../support/openapi/answer-check.js';
import { type Answer, type Ask, send, sessionSecret, upgrade } from './client.js';

export * from './client.js';

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

export interface HostOptions {
  /** Services that replace those of the host, whatever group they belong to. */
  readonly services?: Partial<Omit<HttpServices, 'administration' | 'devices'>> &
    Partial<Omit<DeviceServices, 'quickConnect'>> &
    Partial<QuickConnectServices> & { readonly administration?: Partial<HttpServices['administration']> };
  readonly directory?: Directory;
  readonly state?: SharedState;
  /** `null`: the host has no session middleware. */
  readonly store?: Store | null;
  readonly saveUninitialized?: boolean;
  readonly resave?: boolean;
  /** The session cookie's options, for `express-session`. */
  readonly sessionCookie?: CookieOptions;
  /** Routes of the host, mounted after `authenticate`. */
  readonly routes?: (app: Express, auth: Http) => void;
  /** Middleware of the host, mounted before its session. */
  readonly first?: (app: Express) => void;
  /** Middleware of the host, mounted before `authenticate`. */
  readonly before?: (app: Express) => void;
  /** The proxy's address is not trusted, so every peer is untrusted. */
  readonly untrusted?: boolean;
  /** The host has no API tokens, and so no pairings either. */
  readonly withoutTokens?: boolean;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase;
  /** The host's own users. */
  readonly hostUsers?: HostUsers;
  /** Quick connect is off. */
  readonly withoutPairings?: boolean;
  /** Browsers and apps share all paths of the host but `/api`. Every assertion comes with the proxy secret. */
  readonly shared?: boolean;
  /** The host has no header login. */
  readonly withoutHeaderLogin?: boolean;
  /** The host does not run its session middleware on WebSocket handshakes. */
  readonly upgradeWithoutSession?: boolean;
}

/** The proxy secret of a host with shared paths. */
export const sharedSecret = { header: 'X-Proxy-Secret', values: ['the-secret-of-this-host'] } as const;
const sharedPaths = [
  '/auth',
  '/who',
  '/guarded',
  '/admins',
  '/note',
  '/data',
  '/profile',
  '/color',
  '/socket',
  '/both',
  '/row',
  '/own-link',
  '/behind',
  '/metadata',
];

/** A request with this header has identity headers of its client, so they come without the secret. */
export const forged = { 'X-Forged': 'yes' } as const;

/** Adds the proxy secret to a request with identity headers, as a proxy does after a login. */
export function addSecret({ rawHeaders }: IncomingMessage): void {
  if (rawHeaders.includes('X-Forged') || !rawHeaders.some((text, index) => index % 2 === 0 && /^remote-/i.test(text)))
    return;
  rawHeaders.push(sharedSecret.header, sharedSecret.values[0]);
}

/** Starts a host. */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  const { directory = memoryDirectory(), state = memoryState(), store = new MemoryStore() } = options;
  const events: LatchkeyEvent[] = [];
  const hostErrors: unknown[] = [];
  const onEvent = (event: LatchkeyEvent) => void events.push(event);
  const now = Date.now;
  const {
    tokens: otherTokens,
    liveness: otherLiveness,
    foreignTokens = 'refuse',
    introspection,
    ...replaced
  } = options.services ?? {};
  const { pairings: otherPairings, verificationUri, verificationUriComplete, ...services } = replaced;
  const { provisioning = 'create' } = services;
  const { hostUsers, subjectCase = 'exact' } = options;
  const configured = configuredGroupRoles({ admins: ['admin'] });
  const { journal } = directory;
  const cache = principalCache({ journal, state, configuration: configured.fingerprint, onEvent });
  const accounts = resolver({ directory, cache, configured, provisioning, subjectCase, onEvent });
  const watching = principalWatch({ resolver: accounts, cache, provisioning, now });
  const administrator = defaultAdministrator;
  const administer = administration({ directory, cache, configured, administrator, subjectCase, now, onEvent });
  const keys = keyRing([{ kid: 'one', secret: 'k'.repeat(32) }]);
  const tokens = apiTokens({ keys, issuer: 'https://api.example.com/auth', now });
  const lending = pairings({
    state,
    directory,
    async findAccount(subject) {
      const account = await accounts.find(subject);
      return decideAdmission(account, 'token', provisioning).admitted ? account : undefined;
    },
    revokeDevice: administer.devices.revoke,
    keys,
    tokens,
    appLink: 'https://music.example.com/link',
    onEvent,
  });
  const login: HeaderLogin = {
    trustedProxies: options.untrusted ? ['192.0.2.1'] : ['loopback'],
    headers: 'authelia',
    subjectCase,
    proxySecret: options.shared ? sharedSecret : undefined,
  };
  const trust = identifier({
    ...(options.withoutHeaderLogin ? ({ headerLogin: false } as const) : login),
    unguardedPaths: ['/api'],
    sharedPaths: options.shared ? sharedPaths : undefined,
  });
  const alive = liveness({ directory, now, onEvent });
  const quickConnect = { pairings: otherPairings ?? lending, verificationUri, verificationUriComplete };
  const devices: DeviceServices = {
    tokens: otherTokens ?? tokens,
    liveness: otherLiveness ?? alive,
    foreignTokens,
    introspection,
    quickConnect: options.withoutPairings ? undefined : quickConnect,
  };
  const links = hostUsers && hostLinks({ hostUsers, directory, cache, resolver: accounts, onEvent });
  const served: HttpServices = {
    identifier: trust,
    resolver: accounts,
    directory,
    configuredGroupRoles: configured,
    administratorRole: administrator.role,
    explain: explainer({
      identifier: trust,
      accounts: accountExplainer({ directory, configured, provisioning, subjectCase, links }),
      localIsIgnored: true,
    }),
    watchPrincipal: watching.watch,
    renewal: deviceRenewal({ directory, cache, now, onEvent }),
    logins: loginEnds({ directory, cache, now }),
    hostLinks: links,
    provisioning,
    localAccounts: 'ignore',
    session: store === null ? 'none' : 'every-request',
    devices: options.withoutTokens ? undefined : devices,
    onEvent,
    now,
    ...services,
    administration: { ...administer, ...services.administration },
  };
  const auth = http(served);

  const app = express();
  app.use(answerCheck(serverParts(served)));
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
    administration: administer,
    tokens,
    pairings: lending,
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
      await alive.close();
      await lending.close();
      watching.close();
      await accounts.close();
      await state.close();
    },
  };
}
