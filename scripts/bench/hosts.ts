// The Express apps whose costs are compared: one with Latchkey, and one with middleware that does nothing.
import express, { type Express, type RequestHandler } from 'express';
import { type Latchkey, type LatchkeyOptions, latchkey } from '../../src/index.js';

/** The paths that the apps serve. */
export const paths = { guarded: '/songs', unguarded: '/api/songs' } as const;

/** The signing key of the API tokens, and their issuer. */
export const signing = {
  key: { kid: 'bench', secret: 'a secret of the benchmarks, of 32 bytes or more' },
  issuer: 'https://music.example.com/api/auth',
} as const;

/** Creates the Latchkey instance that both apps mount. */
export function benchLatchkey(stores: Pick<LatchkeyOptions, 'directory' | 'state' | 'session'>): Latchkey {
  return latchkey({
    session: 'none',
    ...stores,
    trustedProxies: ['127.0.0.1'],
    headers: 'authelia',
    unguardedPaths: ['/api'],
    tokens: { keys: [signing.key], issuer: signing.issuer },
    quickConnect: { appLink: 'https://music.example.com/link' },
    groupRoles: { staff: ['editor'], listeners: ['listener'] },
  });
}

const songs = ['Alright', 'Blackbird', 'Creep', 'Dreams', 'Everlong'];

/** Adds the routers and routes that all apps have. */
function mountRoutes(app: Express, auth: Latchkey, handlers: readonly RequestHandler[]): void {
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get(paths.guarded, ...handlers);
  app.get(paths.unguarded, ...handlers);
  app.use(auth.problems);
}

/** Returns an app that requires a login and reads the principal. */
export function latchkeyHost(auth: Latchkey, before: readonly RequestHandler[] = []): Express {
  const app = express();
  for (const handler of before) app.use(handler);
  app.use(auth.authenticate);
  const guard = auth.requireLogin();
  mountRoutes(app, auth, [guard, (req, res) => void res.json({ songs, authenticated: req.principal !== undefined })]);
  return app;
}

const noOp: RequestHandler = (_req, _res, next) => next();

/**
 * Returns an app with the same routers, the same routes and the same responses. In the place of `authenticate` and of
 * the guard, the app has middleware that does nothing, so that the costs of Express are the same.
 */
export function plainHost(auth: Latchkey, before: readonly RequestHandler[] = []): Express {
  const app = express();
  for (const handler of before) app.use(handler);
  app.use(noOp);
  mountRoutes(app, auth, [
    noOp,
    (_req, res) => {
      // Latchkey sets this header when the principal is read.
      res.setHeader('Cache-Control', 'no-store');
      res.json({ songs, authenticated: true });
    },
  ]);
  return app;
}
