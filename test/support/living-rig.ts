// Instances of a whole Latchkey that share a directory and a state, and a clock that a test can advance by days.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import {
  type HeaderLoginOn,
  type Latchkey,
  type LatchkeyEvent,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
  type TokenOptions,
} from '../../src/index.js';
import { apiTokens } from '../../src/tokens/api-token.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import type { Journal } from '../../src/vocabulary/journal.js';
import type { NewDevice } from '../../src/vocabulary/port-values.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { type Answer, type Ask, send, sessionSecret } from '../http/client.js';
import { type Counted, counted, type FallibleDirectory, fallibleDirectory } from './ports.js';

export const day = 86_400_000;
export const hour = 3_600_000;
export const minute = 60_000;

const keys = [{ kid: 'one', secret: 'k'.repeat(32) }];
const issuer = 'https://api.example.com/api/auth';

/** One instance. */
export interface LivingInstance {
  readonly auth: Latchkey;
  ask(path: string, what?: Ask): Promise<Answer>;
}

export interface LivingRig {
  /** The clock of all instances. The shared state uses the real clock, so days on this one expire nothing in it. */
  readonly clock: { now: number };
  readonly directory: Counted<Directory>;
  readonly state: Counted<SharedState>;
  readonly database: FallibleDirectory;
  readonly events: LatchkeyEvent[];
  start(options?: Partial<LatchkeyOptions & HeaderLoginOn>): Promise<LivingInstance>;
  /** Starts an instance that learns of no change while `deaf`, so that its memory becomes stale. */
  startDeaf(): Promise<LivingInstance & { deaf: boolean }>;
  /** Adds a device for this user. Returns its id and its token. */
  pair(subject: string, more?: Partial<NewDevice>): Promise<{ readonly id: string; readonly token: string }>;
  stop(): Promise<void>;
}

/** Token options without the rules on idle devices and logins. */
export const tokenOptions: TokenOptions = { keys, issuer, lifetimeDays: 3650 };

/** A journal that, while its reader is deaf, hides changes and acknowledges them for the reader. */
function deafenable(journal: Journal | undefined, ear: { readonly deaf: boolean }): Journal {
  if (journal === undefined) throw new Error('the directory has a journal');
  return {
    ...journal,
    async beat(id, after) {
      const rows = await journal.beat(id, after);
      const last = rows?.at(-1);
      if (!ear.deaf || last === undefined) return rows;
      await journal.beat(id, last);
      return [];
    },
  };
}

/** Empty stores without instances. `stop` ends the instances. */
export function livingRig(): LivingRig {
  const clock = { now: Date.UTC(2026, 10, 1) };
  const now = () => clock.now;
  const database = fallibleDirectory(memoryDirectory({ now }));
  const directory = counted(database.directory);
  const state = counted(memoryState());
  const events: LatchkeyEvent[] = [];
  const tokens = apiTokens({ ...tokenOptions, keys: keyRing(keys), now });
  const stops: (() => Promise<void>)[] = [];

  async function start(options: Partial<LatchkeyOptions & HeaderLoginOn> = {}): Promise<LivingInstance> {
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      session: 'none',
      unguardedPaths: ['/api'],
      // The instances share the state, so none of them closes it.
      state: { ...state.port, close: async () => {} },
      directory: directory.port,
      tokens: tokenOptions,
      onEvent: (event) => events.push(event),
      now,
      ...options,
    });
    const app = express();
    app.use(session({ store: new MemoryStore(), secret: sessionSecret, resave: false, saveUninitialized: false }));
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.get(['/who', '/api/who'], auth.requireLogin(), (req, res) => {
      res.json({ subject: req.principal?.subject, method: req.principal?.method });
    });
    app.use(auth.problems);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    stops.push(async () => {
      server.closeAllConnections();
      server.close();
      await auth.close();
    });
    return { auth, ask: (path, what = {}) => send(port, path, what) };
  }

  return {
    clock,
    directory,
    state,
    database,
    events,

    start,
    async startDeaf() {
      const { port } = directory;
      const ear = { deaf: false };
      return Object.assign(ear, await start({ directory: { ...port, journal: deafenable(port.journal, ear) } }));
    },

    async pair(subject, more = {}) {
      const user = await database.directory.findUser(subject);
      if (user === undefined) throw new Error(`nobody is called ${subject}`);
      const [id, createdAt] = [randomUUID(), new Date(clock.now)];
      const expiresAt = new Date(clock.now + 3650 * day);
      const about = { name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
      await database.directory.createDevice({ id, userId: user.id, ...about, createdAt, expiresAt, ...more });
      return { id, token: tokens.mint({ deviceId: id, subject, clientId: 'app', issuedAt: createdAt, expiresAt }) };
    },

    async stop() {
      database.mode = 'up';
      for (const stop of stops) await stop();
      await state.port.close();
    },
  };
}
