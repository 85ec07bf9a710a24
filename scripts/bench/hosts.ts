// The Express apps whose costs are compared: one with Latchkey, and one with middleware that does nothing.
import express, { type Express, type RequestHandler, type Response } from 'express';
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

/** Sends the response of all apps. Latchkey sets the header `Cache-Control` when a handler reads the principal. */
export function respond(res: Response, authenticated: boolean): void {
  res.setHeader('Cache-Control', 'no-store');
  res.json({ songs, authenticated });
}

/** Adds the routers and routes that the app with Latchkey and the app without have in common. */
function mountRoutes(app: Express, auth: Latchkey, handlers: readonly RequestHandler[]): Express {
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get(paths.guarded, ...handlers);
  app.get(paths.unguarded, ...handlers);
  app.use(auth.problems);
  return app;
}

/** Makes an app authenticate all requests, require a login and read the principal. */
export function latchkeyHost(auth: Latchkey, app: Express = express()): Express {
  app.use(auth.authenticate);
  return mountRoutes(app, auth, [
    auth.requireLogin(),
    (req, res) => void res.json({ songs, authenticated: req.principal !== undefined }),
  ]);
}

const noOp: RequestHandler = (_req, _res, next) => next();

/**
 * Gives an app the same routers, the same routes and the same responses. Instead of `authenticate` and the
 * guard, the app gets middleware that does nothing, so that the costs of Express are the same.
 */
export function plainHost(auth: Latchkey, app: Express = express()): Express {
  app.use(noOp);
  return mountRoutes(app, auth, [noOp, (_req, res) => respond(res, true)]);
}
