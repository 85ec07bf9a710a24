// The checks after the start: the tables, and the clocks of the database and of Redis.
import { expect } from 'chai';
import { startChecks } from '../../../src/directory/health/start-checks.js';
import { latchkey } from '../../../src/latchkey.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import { until } from '../../support/processes.js';
import { type Host, type Simulation, simulation } from '../cache/model/simulation.js';

describe('the checks after the start', () => {
  let time: Simulation;
  let host: Host;
  let events: LatchkeyEvent[];
  let calls: { directory: number; state: number };
  let inspect: () => Promise<{ readonly now: Date }>;
  let now: () => Promise<number>;
  let end: () => void;

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    events = [];
    calls = { directory: 0, state: 0 };
    inspect = async () => ({ now: new Date(host.clock.wall()) });
    now = async () => host.clock.wall();
  });
  afterEach(() => end());

  function start(singleProcess = false): void {
    end = startChecks({
      directory: {
        inspect() {
          calls.directory += 1;
          return inspect();
        },
      },
      state: {
        singleProcess,
        now() {
          calls.state += 1;
          return now();
        },
      },
      clock: host.clock,
      onEvent: (event) => events.push(event),
    });
  }

  /** Another clock that is ahead of this process. The answer arrives after this time. */
  const clockAhead = async (milliseconds: number, answersAfter = 0): Promise<number> => {
    const read = host.clock.wall() + milliseconds;
    await new Promise<void>((resolve) => void host.clock.schedule(answersAfter, resolve));
    return read;
  };

  it('report nothing if everything is right, and ask once', async () => {
    start();
    await time.run(600_000);
    expect(events).to.deep.equal([]);
    expect(calls).to.deep.equal({ directory: 1, state: 1 });
  });

  it('do not ask a shared state of a single process', async () => {
    start(true);
    await time.run(1000);
    expect(calls).to.deep.equal({ directory: 1, state: 0 });
  });

  for (const [ahead, relation] of [
    [45_000, 'behind'],
    [-45_000, 'ahead of'],
  ] as const) {
    it(`report that this process is ${relation} the database and Redis`, async () => {
      inspect = async () => ({ now: new Date(await clockAhead(ahead)) });
      now = () => clockAhead(ahead);
      start();
      await time.run(10);
      const message = (whose: string) => `The clock of this process is 45 s ${relation} that of ${whose}`;
      expect(events).to.have.deep.members([
        { type: 'error', code: 'ERR_DIRECTORY_CLOCK', message: message('the database') },
        { type: 'error', code: 'ERR_STATE_CLOCK', message: message('Redis') },
      ]);
    });
  }

  it('accept a difference of ten seconds, and one that the time of the answer explains', async () => {
    now = () => clockAhead(10_000);
    inspect = async () => ({ now: new Date(await clockAhead(19_000, 10_000)) });
    start();
    await time.run(20_000);
    expect(events).to.deep.equal([]);
  });

  it('ask again after an outage, at growing intervals, without an event', async () => {
    const answer = inspect;
    inspect = async () => {
      throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
    };
    now = async () => {
      throw new TypeError('a fault of a store of the host');
    };
    start();
    await time.run(6900);
    expect(calls).to.deep.equal({ directory: 3, state: 3 });
    await time.run(300_000);
    expect(calls.directory).to.be.within(10, 12);
    expect(events).to.deep.equal([]);
    inspect = async () => ({ now: new Date((await answer()).now.getTime() + 60_000) });
    await time.run(60_000);
    expect(events.map((event) => event.type === 'error' && event.code)).to.deep.equal(['ERR_DIRECTORY_CLOCK']);
  });

  it('report wrong tables only if they are still wrong five seconds later', async () => {
    const right = inspect;
    const wrong = async () => {
      throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: 'A migration is missing' });
    };
    inspect = wrong;
    start();
    await time.run(4900);
    inspect = right;
    await time.run(60_000);
    expect(events).to.deep.equal([]);
    end();
    inspect = wrong;
    start();
    await time.run(60_000);
    expect(events).to.deep.equal([{ type: 'error', code: 'ERR_DIRECTORY_SCHEMA', message: 'A migration is missing' }]);
  });

  it('end with the instance', async () => {
    inspect = async () => {
      throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
    };
    now = () => clockAhead(45_000, 500);
    start();
    await time.run(100);
    end();
    await time.run(100_000);
    expect(calls.directory).to.equal(1);
    expect(events).to.deep.equal([]);
  });

  it('run in a whole instance', async () => {
    end = () => {};
    const directory = memoryDirectory();
    const state = { ...memoryState(), singleProcess: false, now: async () => Date.now() - 3_600_000 };
    const auth = latchkey({
      trustedProxies: ['10.0.0.7'],
      headers: 'authelia',
      directory: { ...directory, inspect: async () => ({ now: new Date(Date.now() + 3_600_000) }) },
      state,
      onEvent: (event) => events.push(event),
    });
    await until('both are reported', () => events.length >= 2);
    await auth.close();
    const codes = events.map((event) => event.type === 'error' && event.code);
    expect(codes).to.have.members(['ERR_DIRECTORY_CLOCK', 'ERR_STATE_CLOCK']);
  });
});
