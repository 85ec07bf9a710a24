// What the health check says about failures of the directory and of the shared state.
import { expect } from 'chai';
import { healthCheck } from '../../../src/directory/health/health.js';
import { latchkey } from '../../../src/latchkey.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { until } from '../../support/processes.js';
import { type Host, type Simulation, simulation } from '../cache/model/simulation.js';

describe('health check', () => {
  let time: Simulation;
  let host: Host;
  let relies: boolean;
  let asked: { directory: number; state: number };
  let directoryFails: (() => Promise<never>) | undefined;
  let stateFails: (() => Promise<never>) | undefined;
  let health: ReturnType<typeof healthCheck>;

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    relies = true;
    asked = { directory: 0, state: 0 };
    directoryFails = undefined;
    stateFails = undefined;
    const directory = memoryDirectory();
    const state = memoryState();
    health = healthCheck({
      directory: {
        listUsers(query) {
          asked.directory += 1;
          return directoryFails?.() ?? directory.listUsers(query);
        },
      },
      state: {
        now() {
          asked.state += 1;
          return stateFails?.() ?? state.now();
        },
      },
      survivesOutage: () => relies,
      clock: host.clock,
    });
  });

  const refused = async (): Promise<never> => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.9:5432'), { code: 'ECONNREFUSED' });
    throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { cause });
  };
  const never = () => new Promise<never>(() => {});

  it('is ready if both answer, also while the process does not answer from memory yet', async () => {
    expect(await health()).to.deep.equal({ status: 'ready', problems: [] });
    relies = false;
    await time.run(1000);
    expect(await health()).to.deep.equal({ status: 'ready', problems: [] });
  });

  it('is degraded while memory answers without the directory, and unavailable afterwards', async () => {
    directoryFails = refused;
    const problems = [{ component: 'directory', code: 'ERR_DIRECTORY_UNAVAILABLE', reason: 'ECONNREFUSED' }];
    expect(await health()).to.deep.equal({ status: 'degraded', problems });
    relies = false;
    await time.run(1000);
    expect(await health()).to.deep.equal({ status: 'unavailable', problems });
    directoryFails = undefined;
    await time.run(1000);
    expect((await health()).status).to.equal('ready');
  });

  it('is degraded without the shared state, and names both if both fail', async () => {
    stateFails = async () => {
      throw new TypeError('a fault of the store');
    };
    const state = { component: 'state', code: 'ERR_STATE_UNAVAILABLE', reason: undefined };
    expect(await health()).to.deep.equal({ status: 'degraded', problems: [state] });
    directoryFails = async () => {
      throw new LatchkeyError('ERR_DIRECTORY_SCHEMA');
    };
    relies = false;
    await time.run(1000);
    const directory = { component: 'directory', code: 'ERR_DIRECTORY_SCHEMA', reason: undefined };
    expect(await health()).to.deep.equal({ status: 'unavailable', problems: [directory, state] });
  });

  it('waits two seconds for a component that does not answer', async () => {
    directoryFails = never;
    stateFails = never;
    const result = health();
    await time.run(2000);
    expect((await result).problems).to.deep.equal([
      { component: 'directory', code: 'ERR_DIRECTORY_UNAVAILABLE' },
      { component: 'state', code: 'ERR_STATE_UNAVAILABLE' },
    ]);
  });

  it('reads each component at most once a second, and not again while a read is unanswered', async () => {
    await Promise.all(Array.from({ length: 200 }, () => health()));
    await time.run(999);
    await health();
    expect(asked).to.deep.equal({ directory: 1, state: 1 });
    directoryFails = never;
    await time.run(1);
    const slow = health();
    await time.run(1500);
    void health();
    await time.run(500);
    await slow;
    await health();
    expect(asked).to.deep.equal({ directory: 2, state: 2 });
    for (let second = 0; second < 5; second += 1) {
      await time.run(1000);
      const later = health();
      await time.run(2000);
      expect((await later).problems.map(({ component }) => component)).to.deep.equal(['directory']);
    }
    expect(asked).to.deep.equal({ directory: 2, state: 7 });
  });

  it('contains no message of a driver', async () => {
    directoryFails = refused;
    expect(JSON.stringify(await health())).not.to.contain('10.0.0.9');
  });
});

describe('health of an instance whose directory fails', () => {
  for (const [what, own, status] of [
    ['is degraded while it answers from memory by the journal', true, 'degraded'],
    [
      'is unavailable without a journal of the directory, because memory then holds for two seconds only',
      false,
      'unavailable',
    ],
  ] as const) {
    it(what, async () => {
      const memory = memoryDirectory();
      let fails = false;
      const auth = latchkey({
        trustedProxies: ['loopback'],
        headers: 'authelia',
        session: 'none',
        directory: {
          ...memory,
          journal: own ? memory.journal : undefined,
          listUsers: (query) => (fails ? Promise.reject(new Error('down')) : memory.listUsers(query)),
        },
        state: memoryState(),
        onEvent: () => {},
      });
      try {
        expect(await auth.health()).to.deep.equal({ status: 'ready', problems: [] });
        fails = true;
        await until('the check fails', async () => (await auth.health()).status !== 'ready');
        expect((await auth.health()).status).to.equal(status);
      } finally {
        await auth.close();
      }
    });
  }
});
