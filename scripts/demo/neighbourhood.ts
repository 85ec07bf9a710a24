// The whole demo in one process: the app, the proxy with its portal in front, and the phone beside it.
import { createHash } from 'node:crypto';
import type { LatchkeyEvent } from '../../src/index.js';
import { type AccessLine, type DemoApp, demoApp } from './app.js';
import { type Backing, openBacking } from './backing.js';
import { loginPortal } from './login-portal.js';
import { serveLoginProxy } from './login-proxy.js';
import { servePhone } from './phone.js';
import type { Secrets } from './secrets.js';
import { type Listening, listen } from './serving.js';

/** Ports wanted; 0 takes a free one, and so does one that is busy. */
export interface Ports {
  readonly proxy: number;
  readonly app: number;
  readonly phone: number;
}

/** Everything that runs. */
export interface Neighbourhood {
  readonly proxyUrl: string;
  /** The app's own address, past the proxy. */
  readonly appUrl: string;
  readonly phoneUrl: string;
  /** The parts whose port was busy. */
  readonly moved: readonly (keyof Ports)[];
  readonly demo: DemoApp;
  readonly backing: Backing;
  close(): Promise<void>;
}

/** Starts everything on the loopback interface. */
export async function openNeighbourhood(options: {
  secrets: Secrets;
  ports: Ports;
  dataFolder?: string | undefined;
  databaseUrl?: string | undefined;
  redisUrl?: string | undefined;
  onError: (error: unknown) => void;
  onEvent?: (event: LatchkeyEvent) => void;
  onAccess?: (line: AccessLine) => void;
}): Promise<Neighbourhood> {
  const { secrets, ports, onError, onEvent, onAccess } = options;
  // The secrets live as long as the data: a new database must not meet what Redis still caches of an old one.
  const redisPrefix = `latchkey-demo-${createHash('sha256').update(secrets.portal).digest('hex').slice(0, 12)}`;
  const backing = await openBacking({ ...options, redisPrefix });
  // Addresses first: the app must know them, for its links and its tokens' issuer.
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
