// H42: a client fills the log, because code of the host throws for each of its requests. The same warning is emitted
// at most once a minute.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { followers } from '../../src/pairing/watching.js';
import type { Owner } from '../../src/vocabulary/types.js';
import { listening, plainLatchkey } from '../frameworks/rig.js';
import { send, upgrade } from '../http/client.js';
import { until } from '../support/processes.js';

describe('H42: floods of warnings', () => {
  const { emitWarning } = process;
  let emitted: unknown[];
  let server: Server | undefined;
  beforeEach(() => {
    emitted = [];
    process.emitWarning = (_message: unknown, options: unknown) =>
      void emitted.push((options as { code: string }).code);
  });
  afterEach(() => {
    process.emitWarning = emitWarning;
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  const times = 50;
  const each = Array.from({ length: times }, (_, index) => index);
  const throwing = (): never => {
    throw new Error('a careless host');
  };

  it('do not result from a listener that throws on each refused request', async () => {
    const { auth } = plainLatchkey({ onEvent: throwing });
    server = createServer(express().use(auth.authenticate, auth.problems));
    const port = await listening(server);
    await Promise.all(each.map(() => send(port, '/', { headers: { 'Remote-User': ['alice', 'bob'] } })));
    expect(emitted).to.deep.equal(['LATCHKEY_ON_EVENT']);
    await auth.close();
  });

  it('do not result from callbacks of watchPrincipal', async () => {
    const { auth } = plainLatchkey();
    let called = 0;
    for (const index of each) {
      const principal = {
        userId: 'gone',
        subject: `gone-${index}`,
        roles: new Set<string>(),
        method: 'header',
      } as const;
      auth.watchPrincipal(principal, {
        onRefused() {
          called += 1;
          throwing();
        },
      });
    }
    await until('all callbacks have thrown', () => called === times);
    expect(emitted).to.deep.equal(['LATCHKEY_WATCH_PRINCIPAL']);
    await auth.close();
  });

  it('do not result from listeners of upgrades', async () => {
    const { auth } = plainLatchkey();
    server = createServer();
    server.on('upgrade', throwing);
    auth.guardUpgrades(server);
    const port = await listening(server);
    await Promise.all(each.map(() => upgrade(port, '/', { user: 'alice' }).catch(() => {})));
    expect(emitted).to.deep.equal(['LATCHKEY_GUARD_UPGRADES']);
    await auth.close();
  });

  it('do not result from a framework whose next() throws', async () => {
    const { auth } = plainLatchkey();
    server = createServer((req, res) => {
      const message = 'a framework that floods the log';
      auth.authenticate(req as never, res as never, () => {
        throw new Error(message);
      });
    });
    const port = await listening(server);
    // The first request of each user continues after a promise.
    await Promise.all(each.map((index) => send(port, '/', { user: `user-${index}` }).catch(() => {})));
    expect(emitted).to.deep.equal(['LATCHKEY_NEXT']);
    await auth.close();
  });

  it('do not result from listeners of pairings', async () => {
    const owner: Owner = { userId: 'alice', subject: 'alice' };
    const { follow, close } = followers({ subscribe: () => async () => {} }, async (_owner, id) => {
      return { id, status: 'open', expiresIn: 300 };
    });
    for (const index of each) {
      await follow(owner, `${index}`, (view) => {
        if (view === undefined) throwing();
      });
    }
    await close();
    expect(emitted).to.deep.equal(['LATCHKEY_FOLLOWER']);
  });
});
