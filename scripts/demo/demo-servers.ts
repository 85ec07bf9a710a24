// Runs the whole demo in one process: the app, the proxy with its portal, and the phone.
import { createHash } from 'node:crypto';
import type { LatchkeyEvent } from '../../src/index.js';
import { type AccessLine, type DemoApp, demoApp } from './app.js';
import { type Backing, openBacking } from './backing.js';
import { loginPortal } from './login-portal.js';
import { serveLoginProxy } from './login-proxy.js';
import { servePhone } from './phone.js';
import type { Secrets } from './secrets.js';
import { type Listening, listen } from './serving.js';

/** The preferred ports. 0, or a busy port, means a free one. */
export interface Ports {
  readonly proxy: number;
  readonly app: number;
  readonly phone: number;
}

/** Everything that runs. */
export interface DemoServers {
  readonly proxyUrl: string;
  /** The app's own address, without the proxy. */
  readonly appUrl: string;
  readonly phoneUrl: string;
  /** The parts whose port was busy. */
  readonly moved: readonly (keyof Ports)[];
  readonly demo: DemoApp;
  readonly backing: Backing;
  close(): Promise<void>;
}

/** Starts everything on the loopback interface. */
export async function startDemoServers(options: {
  secrets: Secrets;
  ports: Ports;
  dataFolder?: string | undefined;
  databaseUrl?: string | undefined;
  redisUrl?: string | undefined;
  onError: (error: unknown) => void;
  onEvent?: (event: LatchkeyEvent) => void;
  onAccess?: (line: AccessLine) => void;
}): Promise<DemoServers> {
  const { secrets, ports, onError, onEvent, onAccess } = options;
  // The secrets are kept with the data. So a new database does not use entries of an old one that are still in Redis.
  const redisPrefix = `latchkey-demo-${createHash('sha256').update(secrets.portal).digest('hex').slice(0, 12)}`;
  const backing = await openBacking({ ...options, redisPrefix });
  // The app needs the addresses for its links and for the issuer of its tokens.
  const proxy = await listen(ports.proxy);
  const inner = await listen(ports.app);
  const phone = await listen(ports.phone);
  const address = ({ port }: Listening): string => `http://127.0.0.1:${port}`;
  const proxyUrl = address(proxy);

  const demo = await demoApp({
    settings: {
      publicUrl: proxyUrl,
      phoneUrl: address(phone),
      trustedProxies: ['loopback'],
      proxySecret: secrets.proxy,
      tokenSecret: secrets.token,
      sessionSecret: secrets.session,
      adminPassword: secrets.adminPassword,
      instance: 'the demo app',
    },
    backing,
    ...(onEvent && { onEvent }),
    ...(onAccess && { onAccess }),
  });
  inner.server.on('request', demo.app);
  serveLoginProxy(proxy.server, {
    portal: loginPortal(secrets.portal),
    appPort: inner.port,
    secret: secrets.proxy,
    onError,
  });
  servePhone(phone.server, { issuer: `${proxyUrl}/api/auth` });

  return {
    proxyUrl,
    appUrl: address(inner),
    phoneUrl: address(phone),
    moved: Object.entries({ proxy, app: inner, phone })
      .filter(([, listening]) => listening.moved)
      .map(([name]) => name as keyof Ports),
    demo,
    backing,
    async close() {
      await Promise.all([proxy.close(), phone.close(), inner.close()]);
      await demo.close();
      await backing.close();
    },
  };
}
