// Framework tests: a whole Latchkey on memory stores, its events, and a record of unhandled errors.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type HeaderLoginOn,
  type Latchkey,
  type LatchkeyEvent,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
} from '../../src/index.js';

export const quickConnectGrant = 'urn:latchkey:params:oauth:grant-type:quick-connect';

/** A Latchkey without sessions. The group `admins` gives the role `admin`. */
export function plainLatchkey(changes: Partial<LatchkeyOptions & HeaderLoginOn> = {}): {
  readonly auth: Latchkey;
  readonly events: LatchkeyEvent[];
} {
  const events: LatchkeyEvent[] = [];
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    directory: memoryDirectory(),
    state: memoryState(),
    session: 'none',
    groupRoles: { admins: ['admin'] },
    unguardedPaths: ['/api'],
    tokens: { keys: [{ kid: '1', secret: 's'.repeat(32) }], issuer: 'https://music.example.com/api/auth' },
    quickConnect: { appLink: 'https://music.example.com/link' },
    onEvent: (event) => void events.push(event),
    ...changes,
  });
  return { auth, events };
}

/** Listens on a free port of the loopback interface. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Collects rejections and exceptions that would have ended the process, until `stop`. */
export function strays(): { readonly seen: unknown[]; stop(): void } {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => void seen.push(reason);
  const events = ['unhandledRejection', 'uncaughtException'] as const;
  // The listeners of mocha would fail the test that happens to run.
  const before = events.map((event) => [event, process.listeners(event as 'uncaughtException')] as const);
  for (const event of events) process.removeAllListeners(event).on(event, note);
  return {
    seen,
    stop() {
      for (const [event, listeners] of before) {
        process.removeListener(event, note);
        for (const listener of listeners) process.on(event as 'uncaughtException', listener);
      }
    },
  };
}
