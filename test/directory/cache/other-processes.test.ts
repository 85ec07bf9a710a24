// Several processes on one directory without a shared state are reported. Ended processes and short-lived ones are not.
import { expect } from 'chai';
import { repeat } from '../../../src/directory/cache/clock.js';
import { otherProcesses } from '../../../src/directory/cache/other-processes.js';
import type { JournalInstance, Position } from '../../../src/vocabulary/journal.js';
import { followers } from './model/followers.js';
import { link } from './model/link.js';
import { type Host, type Simulation, simulation } from './model/simulation.js';

/** Advances the time until the promise has resolved. */
async function settle<Value>(time: Simulation, promise: Promise<Value>): Promise<Value> {
  let done = false;
  void promise.finally(() => {
    done = true;
  });
  await time.until(() => done, 1000);
  return promise;
}

describe('other processes', () => {
  let time: Simulation;
  let host: Host;
  let instances: Map<string, JournalInstance>;
  let reads: number;
  let found: number;
  let fails: boolean;
  let others: ReturnType<typeof otherProcesses>;

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    instances = new Map();
    [reads, found, fails] = [0, 0, false];
    others = otherProcesses({
      journal: {
        async instances() {
          reads += 1;
          if (fails) throw new Error('away');
          return [...instances.values()];
        },
      },
      clock: host.clock,
      isOwn: (id) => id.startsWith('own.'),
      found: () => {
        found += 1;
      },
    });
    beats('own.1');
  });

  /** Registers an instance that beats once a second until the returned function is called. */
  function beats(id: string): () => void {
    let running = true;
    const beat = (count: number): void => {
      if (!running) return;
      instances.set(id, { id, beat: count, acknowledged: 0, waitMilliseconds: 7000 });
      time.after(1000, () => beat(count + 1));
    };
    beat(1);
    return () => {
      running = false;
    };
  }

  it('are reported once after a minute', async () => {
    beats('other.1');
    others.look();
    await time.run(59_000);
    expect(found).to.equal(0);
    await time.run(12_000);
    expect(found).to.equal(1);
    await time.run(600_000);
    others.look();
    await time.run(600_000);
    expect(found).to.equal(1);
  });

  it('are not reported if they end within 50 seconds, even if their registration stays', async () => {
    const stop = beats('other.1');
    others.look();
    await time.run(45_000);
    stop();
    await time.run(600_000);
    expect(found).to.equal(0);
  });

  it('are not reported if each of them runs for less than a minute', async () => {
    for (let round = 0; round < 10; round += 1) {
      const stop = beats(`other.${round}`);
      others.look();
      await time.run(40_000);
      stop();
      instances.delete(`other.${round}`);
    }
    await time.run(600_000);
    expect(found).to.equal(0);
  });

  it('are reported if the journal does not answer for a while', async () => {
    beats('other.1');
    fails = true;
    others.look();
    await time.run(30_000);
    fails = false;
    await time.run(75_000);
    expect(found).to.equal(1);
  });

  it('are no longer looked for when there is none', async () => {
    others.look();
    await time.run(600_000);
    expect(reads).to.equal(1);
    others.look();
    await time.run(600_000);
    expect(reads).to.equal(2);
  });

  it('are no longer looked for after the end', async () => {
    beats('other.1');
    others.look();
    await time.run(20_000);
    const before = reads;
    others.close();
    await time.run(600_000);
    expect([reads, found]).to.deep.equal([before, 0]);
  });

  describe('of a journal', () => {
    for (const singleProcess of [true, false]) {
      it(`are ${singleProcess ? '' : 'not '}reported if the state is for ${singleProcess ? 'one process' : 'several'}`, async () => {
        const on = followers();
        const ours = on.start('A', { singleProcess });
        await on.time.run(1000);
        const foreign = on.time.host('B', 1);
        const fate = () => ({ request: 1, answer: 1, outcome: 'answered' }) as const;
        const other = link({ simulation: on.time, host: foreign, fate, call: () => undefined });
        const { journal } = on.db.directory(other);
        let place: Position = (await settle(on.time, journal.join('other.1', 1000, 10))).rows.at(-1) as Position;
        repeat(foreign.clock, 1000, async () => {
          place = (await journal.beat('other.1', place))?.at(-1) ?? place;
        });
        await on.time.run(75_000);
        expect(ours.told.includes('not shared')).to.equal(singleProcess);
      });
    }
  });
});
