// The order of a shutdown, and a shutdown while a dependency does not answer.
import { expect } from 'chai';
import { type ShutdownParts, shutdown } from '../src/shutdown.js';
import type { LatchkeyEvent } from '../src/vocabulary/events.js';
import { type Host, type Simulation, simulation } from './directory/cache/model/simulation.js';

describe('shutdown', () => {
  let time: Simulation;
  let host: Host;
  let steps: string[];
  let events: LatchkeyEvent[];
  let hanging: string | undefined;
  let failing: string | undefined;
  let shutDown: ReturnType<typeof shutdown>;

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    steps = [];
    events = [];
    [hanging, failing] = [undefined, undefined];
    const step = (name: string) => async (): Promise<void> => {
      steps.push(name);
      if (name === failing) throw new Error('a secret of a driver');
      if (name === hanging) await new Promise<never>(() => {});
    };
    const parts: ShutdownParts = {
      devices: { endStreams: step('endStreams'), close: step('devices') },
      stop: () => void steps.push('stop'),
      cache: { close: step('cache') },
      state: { close: step('state') },
      clock: host.clock,
      onEvent: (event) => events.push(event),
    };
    shutDown = shutdown(parts);
  });

  const order = ['endStreams', 'stop', 'devices', 'cache', 'state'];

  it('runs its steps in order', async () => {
    await shutDown({});
    expect(steps).to.deep.equal(order);
    expect(events).to.deep.equal([]);
  });

  for (const calls of [2, 20, 200]) {
    it(`runs them once for ${calls} calls at once, and again for none later`, async () => {
      await Promise.all(Array.from({ length: calls }, () => shutDown({})));
      await shutDown({});
      expect(steps).to.deep.equal(order);
    });
  }

  for (const [name, code] of [
    ['endStreams', 'ERR_STATE_UNAVAILABLE'],
    ['devices', 'ERR_DIRECTORY_UNAVAILABLE'],
    ['cache', 'ERR_DIRECTORY_UNAVAILABLE'],
    ['state', 'ERR_STATE_UNAVAILABLE'],
  ] as const) {
    for (const how of ['hangs', 'fails'] as const) {
      it(`continues and reports it if the step ${name} ${how}`, async () => {
        if (how === 'hangs') hanging = name;
        else failing = name;
        let done = false;
        void shutDown({}).then(() => {
          done = true;
        });
        await time.run(how === 'hangs' ? 5001 : 1);
        expect(done).to.equal(true);
        expect(steps).to.deep.equal(order);
        expect(events).to.have.length(1);
        expect(events[0]).to.include({ type: 'error', code });
        expect(JSON.stringify(events)).to.not.contain('secret');
      });
    }
  }
});
