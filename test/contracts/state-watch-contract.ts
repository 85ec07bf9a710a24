// contracts: what every SharedState must tell its watchers, and what closing it means.
import { strict as assert } from 'node:assert';
import type { SharedState } from '../../src/ports.js';
import type { TestRunner } from './runner.js';
import { eventually, type Recorder, recorder, type StateHarness, uniqueKey } from './state-harness.js';

/** The part of the contract that is about `watch` and `close`. */
export function stateWatchContract(harness: StateHarness, { describe, it, before, after }: TestRunner): void {
  describe('watch', () => {
    let states: readonly [SharedState, ...SharedState[]];
    let state: SharedState;
    /** The last of the instances: a change must reach those who did not make it. */
    let other: SharedState;

    before(async () => {
      states = await harness.open();
      state = states[0];
      other = states[states.length - 1] ?? state;
    });
    after(async () => {
      await Promise.all(states.map((one) => one.close()));
    });

    async function watching(prefix: string): Promise<{ seen: Recorder; unwatch: () => Promise<void> }> {
      const seen = recorder();
      const unwatch = other.watch(prefix, seen);
      await eventually(harness, 'the watch is restored', async () => seen.live);
      return { seen, unwatch };
    }
    const tells = (seen: Recorder, key: string | undefined): Promise<void> =>
      eventually(harness, 'the change is told', async () => seen.has(key));

    it('begins in the lost state and is restored after the call returned', async () => {
      const seen = recorder();
      const unwatch = other.watch(uniqueKey(), seen);
      assert.equal(seen.live, false);
      await eventually(harness, 'the watch is restored', async () => seen.live);
      await unwatch();
    });

    it('tells of every kind of change, by whichever instance, this one included', async () => {
      const prefix = uniqueKey('watched:');
      const { seen, unwatch } = await watching(prefix);
      const changes: ((one: SharedState, key: string) => Promise<unknown>)[] = [
        (one, key) => one.put(key, 'a', 60),
        (one, key) => one.compareAndSet(key, 'a', 'b', 60),
        (one, key) => one.take(key),
        (one, key) => one.putIfAbsent(key, 'c', 60),
        (one, key) => one.delete([key]),
        (one, key) => one.increment(key, 60),
        (one, key) => one.increment(key, 60),
      ];
      for (const [index, one] of states.entries()) {
        const key = `${prefix}:${index}`;
        for (const change of changes) {
          seen.clear();
          await change(one, key);
          await tells(seen, key);
        }
      }
      await unwatch();
    });

    it('tells of a key that expires', async () => {
      const prefix = uniqueKey('watched:');
      const { seen, unwatch } = await watching(prefix);
      await state.put(prefix, 'v', 1);
      await tells(seen, prefix);
      seen.clear();
      await eventually(harness, 'the key expires', async () => (await state.get([prefix]))[0] === undefined);
      await tells(seen, prefix);
      await unwatch();
    });

    // Where a test moves the clock, the store need not notice before it is asked.
    if (harness.advance === undefined) {
      it('tells of a key that expires although nobody asks for it', async () => {
        const prefix = uniqueKey('watched:');
        const { seen, unwatch } = await watching(prefix);
        await state.put(prefix, 'v', 1);
        await tells(seen, prefix);
        seen.clear();
        await tells(seen, prefix);
        await unwatch();
      });
    }

    it('tells of many changes at once, each key', async () => {
      const prefix = uniqueKey('watched:');
      const { seen, unwatch } = await watching(prefix);
      const keys = Array.from({ length: 200 }, (_, index) => `${prefix}:${index}`);
      await Promise.all(keys.map((key, index) => (states[index % states.length] ?? state).put(key, 'v', 60)));
      await eventually(harness, 'all changes are told', async () => keys.every((key) => seen.has(key)));
      await unwatch();
    });

    it('tells nothing of keys without the prefix', async () => {
      const prefix = uniqueKey('watched:');
      const { seen, unwatch } = await watching(prefix);
      const all = await watching('');
      await state.put(prefix.slice(0, -1), 'v', 60);
      await state.put(`x${prefix}`, 'v', 60);
      await tells(all.seen, prefix.slice(0, -1));
      await tells(all.seen, `x${prefix}`);
      assert.deepEqual(seen.told, []);
      await unwatch();
      await all.unwatch();
    });

    it('tells nobody who has ended the watch, but the others', async () => {
      const prefix = uniqueKey('watched:');
      const ended = await watching(prefix);
      const going = await watching(prefix);
      await ended.unwatch();
      await state.put(prefix, 'v', 60);
      await tells(going.seen, prefix);
      assert.deepEqual(ended.seen.told, []);
      await ended.unwatch();
      await going.unwatch();
    });

    it('restores no watch that was ended in the meantime', async () => {
      const seen = recorder();
      await other.watch(uniqueKey(), seen)();
      const { unwatch } = await watching(uniqueKey());
      assert.equal(seen.live, false);
      await unwatch();
    });

    it('goes on telling the others where one watcher throws', async () => {
      const prefix = uniqueKey('watched:');
      const fail = (): never => {
        throw new Error('a careless watcher');
      };
      const careless = other.watch(prefix, { changed: fail, lost: fail, restored: fail });
      const { seen, unwatch } = await watching(prefix);
      await state.put(prefix, 'v', 60);
      await tells(seen, prefix);
      await careless();
      await unwatch();
    });

    const { flush } = harness;
    if (flush !== undefined) {
      it('tells that any key may have changed when everything is removed', async () => {
        const { seen, unwatch } = await watching(uniqueKey('watched:'));
        seen.clear();
        await flush();
        await tells(seen, undefined);
        assert.equal(seen.live, true);
        await unwatch();
      });
    }
  });

  describe('close', () => {
    it('tells the watchers that changes may go unnoticed, and refuses every verb', async () => {
      const [state, ...others] = await harness.open();
      const seen = recorder();
      state.watch('', seen);
      await eventually(harness, 'the watch is restored', async () => seen.live);
      await state.close();
      assert.equal(seen.live, false);
      const key = uniqueKey();
      const verbs: (() => Promise<unknown>)[] = [
        () => state.get([key]),
        () => state.put(key, 'v', 60),
        () => state.putIfAbsent(key, 'v', 60),
        () => state.take(key),
        () => state.compareAndSet(key, 'v', 'w', 60),
        () => state.increment(key, 60),
        () => state.delete([key]),
        () => state.now(),
        () => state.confirm(),
      ];
      for (const verb of verbs) {
        await assert.rejects(verb, { code: 'ERR_STATE_UNAVAILABLE', status: 503 });
      }
      await Promise.all([state, ...others].map((one) => one.close()));
    });
  });
}
