// A request on warm caches makes no port calls and costs no turn of the event loop.
import { expect } from 'chai';
import type { Request, Response } from 'express';
import { MemoryStore } from 'express-session';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type Liveness, liveness } from '../../src/tokens/liveness.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { type Host, type HostOptions, startHost } from './harness.js';

function counted<Port extends object>(port: Port, calls: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== 'function') return verb;
      return (...parameters: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(verb, target, parameters);
      };
    },
  });
}

describe('a warm request', () => {
  const calls: string[] = [];
  const synchronous: boolean[] = [];
  let host: Host;
  let alive: Liveness;
  const start = async (options: HostOptions = {}) => {
    const directory: Directory = counted(memoryDirectory(), calls);
    const state: SharedState = counted(memoryState(), calls);
    const life = { idleDays: 30, suspendAfterDays: 30, now: Date.now, onEvent: () => {} };
    alive = liveness({ directory, ...life });
    host = await startHost({
      ...options,
      services: { liveness: alive, ...options.services },
      directory,
      state,
      routes(app, auth) {
        app.get(['/again', '/api/again'], (req: Request, res: Response) => {
          let reached = false;
          auth.authenticate(req, res, () => {
            reached = true;
          });
          synchronous.push(reached);
          res.json({ subject: req.principal?.subject });
        });
      },
    });
  };
  beforeEach(() => {
    calls.length = 0;
    synchronous.length = 0;
  });
  afterEach(async () => {
    await host.close();
    await alive.close();
  });

  const warm = async (path: string, ask: Parameters<Host['ask']>[1]) => {
    await host.ask(path, ask);
    await host.ask(path, ask);
    calls.length = 0;
    synchronous.length = 0;
    expect((await host.ask(path, ask)).json).to.deep.equal({ subject: 'alice' });
    expect(calls).to.deep.equal([]);
    expect(synchronous).to.deep.equal([true]);
  };

  it('makes no port calls, by header', async () => {
    await start();
    await warm('/again', { user: 'alice', groups: 'admins' });
  });

  it('makes no port calls, by token', async () => {
    await start({ store: null });
    await host.ask('/who', { user: 'alice' });
    const { token } = await host.pair('alice');
    await warm('/api/again', { token });
  });

  it('makes no port calls, by session', async () => {
    await start({ store: new MemoryStore(), services: { session: 'login-only' } });
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    await warm('/again', { cookie });
  });
});
