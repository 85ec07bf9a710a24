// openapi tests: servers with all parts, and the documents that they serve.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session from 'express-session';
import { type Latchkey, type LatchkeyOptions, latchkey, memoryDirectory, memoryState } from '../../../src/index.js';

/** A member of a document. */
export type Part = Readonly<Record<string, unknown>>;

/** An operation of a document. */
export interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Part[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Part }>> };
  readonly responses: Readonly<Record<string, Part>>;
}

/** A document as JSON. */
export interface ServedDocument {
  readonly openapi: string;
  readonly servers: readonly Part[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Part>>;
    readonly responses: Part;
    readonly securitySchemes: Part;
  };
}

/** A running server. */
export interface OpenapiServer {
  readonly auth: Latchkey;
  readonly origin: string;
  /** Requests a path as the administrator Ada. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  document(mount: '/auth' | '/api/auth'): Promise<ServedDocument>;
  stop(): Promise<void>;
}

/** The options of shared and unguarded paths. */
export const paths: Pick<LatchkeyOptions, 'sharedPaths' | 'unguardedPaths' | 'proxySecret'> = {
  sharedPaths: ['/auth'],
  unguardedPaths: ['/api'],
  proxySecret: { header: 'X-Proxy-Secret', values: ['the-secret-of-this-proxy'] },
};

/** The option `tokens`, without introspection. */
export const tokens: NonNullable<LatchkeyOptions['tokens']> = {
  keys: [{ kid: 'one', secret: 'k'.repeat(32) }],
  issuer: 'https://music.example.com/api/auth',
};

/** The link that opens the app. */
export const appLink = 'https://music.example.com/link';

/** The host's own users. */
export const hostUsers: NonNullable<LatchkeyOptions['hostUsers']> = {
  find: () => undefined,
  create: ({ userId }) => ({ id: `row-of-${userId}`, createdFor: userId }),
};

/** The secret of the server that may use introspection. */
export const playerSecret = 'the-secret-of-the-player-of-these-tests';

/** The options that switch on all parts. */
export const allParts: Partial<LatchkeyOptions> = {
  ...paths,
  session: 'every-request',
  tokens: { ...tokens, introspection: [{ clientId: 'player', secret: playerSecret }] },
  quickConnect: { appLink, verificationUri: 'https://music.example.com/auth/activate' },
  hostUsers,
};

/** Starts a server that serves its documents. */
export async function startOpenapiServer(options: Partial<LatchkeyOptions> = {}): Promise<OpenapiServer> {
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    directory: memoryDirectory(),
    state: memoryState(),
    groupRoles: { admins: ['admin'] },
    session: 'none',
    openapi: true,
    ...options,
  } as LatchkeyOptions);
  const app = express();
  app.use(session({ secret: 'a secret for tests', resave: false, saveUninitialized: false }));
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  if (options.tokens !== undefined) app.use('/api/auth', auth.tokenRouter);
  app.use(auth.problems);
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let cookie: string | undefined;
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${origin}${path}`, {
      ...init,
      headers: {
        ...(path.startsWith('/api/')
          ? {}
          : { 'Remote-User': 'ada', 'Remote-Groups': 'admins', 'X-Proxy-Secret': 'the-secret-of-this-proxy' }),
        'Sec-Fetch-Site': 'same-origin',
        ...(cookie === undefined ? {} : { Cookie: cookie }),
        ...init.headers,
      },
    });
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return answer;
  };
  if (options.session === 'login-only') await ask('/auth/login', { redirect: 'manual' });
  return {
    auth,
    origin,
    ask,
    async document(mount) {
      const answer = await ask(`${mount}/openapi.json`);
      if (answer.status !== 200) throw new Error(`no document: ${answer.status}`);
      return (await answer.json()) as ServedDocument;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await auth.close();
    },
  };
}

/** Returns all operations of a document, with their paths and methods. */
export function operationsOf({ paths }: ServedDocument): readonly (DocumentedOperation & {
  readonly path: string;
  readonly method: string;
})[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ ...operation, path, method })),
  );
}
