// The demo app, which uses Latchkey as a host would. `npm start`, the compose file and the tests share it.
import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import {
  type Latchkey,
  LatchkeyError,
  type LatchkeyEvent,
  latchkey,
  migrate,
  postgresDirectory,
  principalOf,
} from '../../src/index.js';
import { homePage, localLoginPage, messagePage, strangerPage } from './app-pages.js';
import type { Backing } from './backing.js';
import { type Cost, costs } from './costs.js';
import { pageHeaders } from './html.js';
import { secretHeader } from './login-proxy.js';
import { seed } from './seed.js';
import { sendStyles } from './serving.js';
import { type AppSettings, adminSubject } from './settings.js';
import { configuredGroupRoles } from './why.js';

/** The app and its counters. */
export interface DemoApp {
  readonly app: Express;
  readonly auth: Latchkey;
  /** SQL statements and commands to the shared state so far. */
  readonly total: Readonly<Cost>;
  close(): Promise<void>;
}

/** The log entry of an answered request. */
export interface AccessLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly principal?: string;
  readonly cost: Readonly<Cost>;
}

/** Creates the app. Prepares the database, and fills it if it is empty. */
export async function demoApp(options: {
  settings: AppSettings;
  backing: Backing;
  onEvent?: (event: LatchkeyEvent) => void;
  onAccess?: (line: AccessLine) => void;
}): Promise<DemoApp> {
  const { settings, backing, onEvent = () => {}, onAccess = () => {} } = options;
  const counted = costs();
  await migrate(backing.pool).catch((cause: unknown) => {
    throw new Error(`${backing.database} cannot be used`, { cause });
  });

  const auth = latchkey({
    trustedProxies: settings.trustedProxies,
    headers: 'authelia',
    proxySecret: { header: secretHeader, values: [settings.proxySecret] },
    directory: postgresDirectory(counted.countSql(backing.pool)),
    state: counted.countState(backing.state),
    unguardedPaths: ['/api'],
    tokens: { keys: [{ kid: 'demo', secret: settings.tokenSecret }], issuer: `${settings.publicUrl}/api/auth` },
    quickConnect: {
      appLink: `${settings.phoneUrl}/link`,
      verificationUri: `${settings.publicUrl}/auth/activate`,
    },
    groupRoles: configuredGroupRoles,
    session: 'every-request',
    logoutUrl: '/sso/logout',
    onEvent,
  });
  await seed(auth);

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', settings.trustedProxies);
  app.use((request, response, next) =>
    counted.during(() => {
      response.on('finish', () => {
        const { subject, method } = principalOf(request) ?? {};
        onAccess({
          method: request.method,
          path: request.originalUrl.split('?', 1)[0] ?? '',
          status: response.statusCode,
          cost: counted.current(),
          ...(subject !== undefined && { principal: `${subject} (${method})` }),
        });
      });
      next();
    }),
  );
  // For load balancers, which send neither identity headers nor cookies.
  app.get('/healthz', async (_request, response) => {
    const health = await auth.health();
    response.status(health.status === 'unavailable' ? 503 : 200).json(health);
  });
  app.get('/styles.css', (_request, response) => sendStyles(response));
  app.use(
    session({
      name: 'demo.sid',
      store: backing.sessions,
      secret: settings.sessionSecret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax' },
    }),
  );
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);

  app.get('/', async (request, response) => {
    const cost = counted.current();
    const principal = principalOf(request);
    if (principal === undefined) {
      // The page shows the name that the portal asserts, but the app does not trust it.
      const named = request.get('remote-user');
      return void response.set(pageHeaders).send(strangerPage(settings, named));
    }
    const [user, mappings] = await Promise.all([auth.users.find(principal.subject), auth.mappings.list()]);
    response.set(pageHeaders).send(homePage({ settings, principal, user, mappings, cost }));
  });
  app.get('/reports', auth.requireRole('analyst', 'admin'), (request, response) => {
    const text = 'Revenue is up. You see this because you have the role analyst or admin.';
    response.set(pageHeaders).send(messagePage(settings, 'Reports', text, principalOf(request)));
  });
  app.use('/local', localLogin(auth, settings));

  // The app's API, on the path that the proxy does not guard. Tokens work here, headers do not.
  app.get('/api/me', auth.requireLogin(), (request, response) => {
    const { subject, displayName, roles, method, deviceId } = principalOf(request) ?? {};
    response.set('cache-control', 'no-store').json({
      subject,
      display_name: displayName,
      roles: [...(roles ?? [])].sort(),
      method,
      device_id: deviceId,
      instance: settings.instance,
    });
  });
  app.get('/api/reports', auth.requireRole('analyst', 'admin'), (_request, response) => {
    response.set('cache-control', 'no-store').json({ revenue: 'up', instance: settings.instance });
  });

  app.use(refusalPages(settings));
  app.use(auth.problems);

  return { app, auth, total: counted.total, close: () => auth.close() };
}

/** Refuses writes that a page of another site may have sent: the browser adds cookies to those, too. */
function fromThisSite(request: Request, response: Response, next: NextFunction): void {
  const { 'sec-fetch-site': site, origin, host } = request.headers;
  const reading = request.method === 'GET' || request.method === 'HEAD';
  const same = site === undefined ? origin !== undefined && URL.parse(origin)?.host === host : site === 'same-origin';
  if (reading || same) next();
  else response.status(403).type('text').send('This request does not come from this site.\n');
}

/** The host's own login for its local administrator. There is one account, so its password needs no table. */
function localLogin(auth: Latchkey, settings: AppSettings): express.Router {
  const digest = (text: unknown): Buffer => createHash('sha256').update(String(text)).digest();
  const expected = digest(settings.adminPassword);
  const router = express.Router();
  router.use(express.urlencoded({ extended: false, limit: '4kb' }), fromThisSite);

  router.get('/login', (_request, response) => {
    response.set(pageHeaders).send(localLoginPage(settings, false));
  });
  router.post('/login', async (request, response) => {
    const { user, password } = (request.body ?? {}) as Record<string, unknown>;
    if (!timingSafeEqual(digest(password), expected) || user !== adminSubject) {
      response.status(403).set(pageHeaders).send(localLoginPage(settings, true));
      return;
    }
    await auth.signIn(request, (await auth.users.find(adminSubject)).id);
    response.redirect(303, '/');
  });
  router.post('/logout', async (request, response) => {
    await auth.signOut(request);
    response.redirect(303, '/');
  });
  return router;
}

/** Answers refusals to browsers with pages. Programs get Latchkey's problem documents. */
function refusalPages(settings: AppSettings) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    const wantsPage = request.accepts(['json', 'html']) === 'html';
    if (!(error instanceof LatchkeyError) || !error.expose || !wantsPage || response.headersSent) {
      next(error);
      return;
    }
    if (error.retryAfterSeconds !== undefined) response.set('retry-after', String(error.retryAfterSeconds));
    response
      .status(error.status)
      .set(pageHeaders)
      .send(messagePage(settings, error.title, `${error.message} (${error.code})`));
  };
}
