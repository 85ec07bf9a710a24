// test/e2e: an Express app with Latchkey behind a proxy. It records the requests that reach it.
import { createServer, type IncomingMessage } from 'node:http';
import express from 'express';
import { latchkey, memoryDirectory, memoryState, type PresetName, principalOf } from '../../../src/index.js';
import { answerCheck } from '../../support/openapi/answer-check.js';
import { usualParts } from '../../support/openapi/usual-parts.js';
import { closed, listening } from './listening.js';

/** A request that reached the app. */
export interface Arrival {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** The subject that the request acted as. It is set when the request is answered. */
  subject: string | undefined;
  roles: readonly string[];
}

/** A running app. */
export interface GuardedApp {
  readonly port: number;
  readonly secret: string;
  /** The requests since the last call. */
  arrivals(): readonly Arrival[];
  stop(): Promise<void>;
}

/** The proxy secret of the tests. */
const secret = 'only-the-proxy-of-the-tests-knows';

/** Where clients look for the metadata of the API. */
export const metadataPath = '/.well-known/oauth-authorization-server/api/auth';

/** Starts the app as docs/proxies.md describes it. `shared`: browsers and apps share the API. */
export async function startGuardedApp(headers: PresetName, shared = false): Promise<GuardedApp> {
  let arrivals: Arrival[] = [];
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers,
    proxySecret: { header: 'X-Latchkey-Proxy-Secret', values: [secret] },
    unguardedPaths: shared ? [metadataPath] : ['/api', metadataPath],
    sharedPaths: shared ? ['/api'] : [],
    directory: memoryDirectory(),
    state: memoryState(),
    session: 'none',
    groupRoles: { admins: ['admin'] },
    tokens: { keys: [{ kid: 'e2e', secret: 's'.repeat(32) }], issuer: 'https://music.example.com/api/auth' },
    quickConnect: { appLink: 'https://music.example.com/link' },
  });

  const app = express();
  app.use(answerCheck(usualParts));
  app.set('trust proxy', 1);
  app.use((req, res, next) => {
    const arrival: Arrival = { url: req.originalUrl, headers: req.headers, subject: undefined, roles: [] };
    arrivals.push(arrival);
    const end = res.end;
    // Recorded before the answer leaves, so that a test that has the answer finds it.
    res.end = function noteAndEnd(...args: unknown[]) {
      const principal = principalOf(req);
      arrival.subject = principal?.subject;
      arrival.roles = [...(principal?.roles ?? [])];
      return Reflect.apply(end, res, args);
    } as typeof res.end;
    next();
  });
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get(metadataPath, auth.authorizationServerMetadata);
  app.use((req, res) => {
    const principal = principalOf(req);
    res.json({
      subject: principal?.subject,
      roles: [...(principal?.roles ?? [])],
      method: principal?.method,
      ip: req.ip,
    });
  });
  app.use(auth.problems);

  const server = createServer(app);
  return {
    port: await listening(server),
    secret,
    arrivals() {
      const seen = arrivals;
      arrivals = [];
      return seen;
    },
    async stop() {
      await closed(server);
      await auth.close();
    },
  };
}
