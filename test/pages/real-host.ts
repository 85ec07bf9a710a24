// A host with the real pages and API on a free port of loopback, with all data in memory.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import {
  type Latchkey,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
  type QuickConnectOptions,
} from '../../src/index.js';
import { answerCheck } from '../support/openapi/answer-check.js';
import { deviceFlowParts } from '../support/openapi/usual-parts.js';

export interface RealHost {
  readonly origin: string;
  readonly auth: Latchkey;
  stop(): Promise<void>;
}

const metadataPath = '/.well-known/oauth-authorization-server/api/auth';

/** The server that may introspect this host's tokens. Its secret contains characters that must be encoded. */
export const asker = { clientId: 'reports', secret: `:+%&=/${'s'.repeat(32)}` };

/** Starts a host that mounts the browsers' router under `/deep/auth` and the apps' under `/api/auth`. */
export async function startRealHost(
  quickConnect: Partial<QuickConnectOptions> = {},
  more: Pick<Partial<LatchkeyOptions>, 'groupRoles' | 'hostUsers' | 'directory'> = {},
): Promise<RealHost> {
  let app: Express | undefined;
  const server = createServer((req, res) => app?.(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    directory: memoryDirectory(),
    state: memoryState(),
    unguardedPaths: ['/api', metadataPath],
    tokens: {
      keys: [{ kid: 'test', secret: 'x'.repeat(32) }],
      issuer: `${origin}/api/auth`,
      introspection: [asker],
    },
    quickConnect: {
      appLink: 'https://music.example.com/link',
      verificationUri: `${origin}/deep/auth/activate`,
      ...quickConnect,
    },
    session: 'none',
    ...more,
  });
  app = express();
  app.use(answerCheck({ ...deviceFlowParts, introspection: true }));
  app.use(auth.authenticate);
  app.use('/deep/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get(metadataPath, auth.authorizationServerMetadata);
  app.use(auth.problems);
  return {
    origin,
    auth,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await auth.close();
    },
  };
}
