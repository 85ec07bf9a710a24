// contracts: what every SharedState must have told to everybody by the time `confirm` resolves.
import { strict as assert } from 'node:assert';
import type { SharedState } from '../../src/ports.js';
import type { TestRunner } from './runner.js';
import { eventually, type Recorder, recorder, type StateHarness, uniqueKey } from './state-harness.js';

/** The part of the contract that is about `confirm`. */
export function stateConfirmContract(harness: StateHarness, { describe, it, before, after }: TestRunner): void {
  describe('confirm', () => {
    let states: readonly [SharedState, ...SharedState[]];

    before(async () => {
      states = await harness.open();
    });
    after(async () => {
      await Promise.all(states.map((one) => one.close()));
    });

    /** A watcher at every instance. */
    async function everywhere(prefix: string): Promise<{ seen: readonly Recorder[]; unwatch: () => Promise<void> }> {
      const watches = states.map((one) => {
        const seen = recorder();
        return { seen, unwatch: one.watch(prefix, seen) };
      });
      await eventually(harness, 'the watches are restored', async () => watches.every(({ seen }) => seen.live));
      return {
        seen: watches.map(({ seen }) => seen),
        unwatch: async () => {
          for (const watch of watches) await watch.unwatch();
        },
      };
    }
    /** Either told of it, or without word of anything. */
    const relies = (seen: Recorder, key: string): boolean => seen.live && !seen.has(key) && !seen.has(undefined);

    it('resolves where nobody watches', async () => {
      await states[0].confirm();
    });

    it('has every watcher of every instance told of what was changed before, whoever asks', async () => {
      const prefix = uniqueKey('confirmed:');
      const { seen, unwatch } = await everywhere(prefix);
      for (let round = 0; round < 20; round += 1) {
        const key = `${prefix}:${round}`;
        const [maker, asker] = [states[round % states.length], states[(round >> 1) % states.length]];
        await maker?.put(key, 'v', 60);
        await asker?.confirm();
        for (const one of seen) assert.equal(relies(one, key), false);
      }
      await unwatch();
    });

    it('has them told by each of many calls at once', async () => {
      const prefix = uniqueKey('confirmed:');
      const { seen, unwatch } = await everywhere(prefix);
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const key = `${prefix}:${index}`;
          const one = states[index % states.length];
          await one?.put(key, 'v', 60);
          await one?.confirm();
          for (const each of seen) assert.equal(relies(each, key), false);
        }),
      );
      await unwatch();
    });

    it('is no change to anybody', async () => {
      const { seen, unwatch } = await everywhere('');
      for (const one of states) await one.confirm();
      for (const each of seen) assert.deepEqual(each.told, []);
      for (const each of seen) assert.equal(each.live, true);
      await unwatch();
    });

    const { flush } = harness;
    if (flush !== undefined) {
      it('has them told of what was removed with everything, and of changes after that', async () => {
        const prefix = uniqueKey('confirmed:');
        const { seen, unwatch } = await everywhere(prefix);
        await flush();
        await states[0].confirm();
        for (const each of seen) assert.equal(each.live && !each.has(undefined), false);
        for (const each of seen) each.clear();
        await states[0].put(prefix, 'v', 60);
        await states[0].confirm();
        for (const each of seen) assert.equal(relies(each, prefix), false);
        await unwatch();
      });
    }

    it('waits for nobody who has closed', async () => {
      const [staying, ...others] = await harness.open();
      for (const one of others) {
        const seen = recorder();
        one.watch('', seen);
        await eventually(harness, 'the watch is restored', async () => seen.live);
        await one.close();
      }
      await staying.confirm();
      await staying.close();
    });
  });
}
