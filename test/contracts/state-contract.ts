// The suite that every SharedState must pass: each verb, times to live, and races.
import { strict as assert } from 'node:assert';
import type { SharedState } from '../../src/vocabulary/ports.js';
import type { TestRunner } from './runner.js';
import { elapse, eventually, type StateHarness, uniqueKey } from './state-harness.js';
import { stateMessagesContract } from './state-messages-contract.js';

/**
 * Declares the suite for one store: every verb alone, races of concurrent calls, times to live, and messages. `runner`
 * has the functions of the test runner.
 */
export function stateContract(name: string, harness: StateHarness, runner: TestRunner): void {
  const { describe, it, before, after } = runner;

  describe(`${name} passes the contract of SharedState`, () => {
    let states: readonly [SharedState, ...SharedState[]];
    let state: SharedState;

    before(async () => {
      states = await harness.open();
      state = states[0];
    });
    after(async () => {
      await Promise.all(states.map((one) => one.close()));
    });

    const read = async (key: string): Promise<string | undefined> => (await state.get([key]))[0];
    const gone = (key: string): Promise<void> =>
      eventually(harness, 'the key expires', async () => (await read(key)) === undefined);
    /** Many concurrent calls, distributed over the instances. */
    const race = <Outcome>(count: number, step: (one: SharedState, index: number) => Promise<Outcome>) =>
      Promise.all(Array.from({ length: count }, (_, index) => step(states[index % states.length] ?? state, index)));

    it('declares whether it works within a single process only', async () => {
      assert.equal(typeof state.singleProcess, 'boolean');
      if (states.length > 1) assert.equal(state.singleProcess, false);
    });

    describe('get', () => {
      it('returns the values in the order of the keys, with undefined for a missing one', async () => {
        const [first, second, missing] = [uniqueKey(), uniqueKey(), uniqueKey()];
        await state.put(first, '1', 60);
        await state.put(second, '2', 60);
        assert.deepEqual(await state.get([second, missing, first, second]), ['2', undefined, '1', '2']);
      });

      it('returns nothing for no keys', async () => {
        assert.deepEqual(await state.get([]), []);
      });

      it('returns a value that another instance has put', async () => {
        const key = uniqueKey();
        await race(states.length, (one, index) => one.put(key + index, `by ${index}`, 60));
        for (const one of states) {
          const values = await one.get(states.map((_, index) => key + index));
          assert.deepEqual(
            values,
            states.map((_, index) => `by ${index}`),
          );
        }
      });

      it('keeps keys and values unchanged, with any characters', async () => {
        for (const text of ['', ' ', 'a b\r\n$3\r\nfoo', 'é ü 日本 🎵', '{a}b{c}', '"\'\\', '\u0000', '__proto__']) {
          const key = uniqueKey(`contract:${text}:`);
          await state.put(key, text, 60);
          assert.equal(await read(key), text);
        }
        await state.delete(['__proto__']);
        assert.equal(await read('__proto__'), undefined);
      });
    });

    describe('put', () => {
      it('sets the key, with any previous value', async () => {
        const key = uniqueKey();
        await state.put(key, 'old', 60);
        await state.put(key, 'new', 60);
        assert.equal(await read(key), 'new');
      });

      it('keeps the key for its time to live, counted from the last put', async () => {
        const [short, renewed] = [uniqueKey(), uniqueKey()];
        await state.put(short, 'v', 1);
        await state.put(renewed, 'v', 1);
        await state.put(renewed, 'v', 60);
        assert.equal(await read(short), 'v');
        await gone(short);
        assert.equal(await read(renewed), 'v');
      });
    });

    describe('putIfAbsent', () => {
      it('sets a missing key, and does not change an existing one', async () => {
        const key = uniqueKey();
        assert.equal(await state.putIfAbsent(key, 'first', 60), true);
        assert.equal(await state.putIfAbsent(key, 'second', 60), false);
        assert.equal(await read(key), 'first');
      });

      it('sets the key again after it has expired, which a refused call does not delay', async () => {
        const key = uniqueKey();
        await state.putIfAbsent(key, 'first', 1);
        assert.equal(await state.putIfAbsent(key, 'second', 60), false);
        await gone(key);
        assert.equal(await state.putIfAbsent(key, 'third', 60), true);
        assert.equal(await read(key), 'third');
      });

      for (const count of [20, 200]) {
        it(`returns true to one of ${count} concurrent calls`, async () => {
          const key = uniqueKey();
          const outcomes = await race(count, (one, index) => one.putIfAbsent(key, `by ${index}`, 60));
          assert.equal(outcomes.filter(Boolean).length, 1);
          assert.equal(await read(key), `by ${outcomes.indexOf(true)}`);
        });
      }
    });

    describe('take', () => {
      it('returns the value, and removes the key', async () => {
        const key = uniqueKey();
        await state.put(key, 'v', 60);
        assert.equal(await state.take(key), 'v');
        assert.equal(await read(key), undefined);
        assert.equal(await state.take(key), undefined);
      });

      for (const count of [20, 200]) {
        it(`returns the value to one of ${count} concurrent calls`, async () => {
          const key = uniqueKey();
          await state.put(key, 'v', 60);
          const values = await race(count, (one) => one.take(key));
          assert.deepEqual(
            values.filter((value) => value !== undefined),
            ['v'],
          );
        });
      }
    });

    describe('compareAndSet', () => {
      it('sets the key if it has exactly the expected value', async () => {
        const key = uniqueKey();
        await state.put(key, 'a', 60);
        for (const other of ['A', 'a ', '', 'aa', 'b']) {
          assert.equal(await state.compareAndSet(key, other, 'wrong', 60), false);
        }
        assert.equal(await state.compareAndSet(key, 'a', 'b', 60), true);
        assert.equal(await state.compareAndSet(key, 'a', 'c', 60), false);
        assert.equal(await read(key), 'b');
      });

      it('never sets a missing key, with any expected value', async () => {
        const key = uniqueKey();
        for (const expected of ['', 'undefined', 'null', 'false', '0']) {
          assert.equal(await state.compareAndSet(key, expected, 'v', 60), false);
        }
        assert.equal(await read(key), undefined);
      });

      it('compares numbers as text', async () => {
        const key = uniqueKey();
        await state.put(key, '1.0', 60);
        assert.equal(await state.compareAndSet(key, '1', 'v', 60), false);
        assert.equal(await state.compareAndSet(key, '1.0', 'v', 60), true);
      });

      it('renews the time to live, but not if it refuses', async () => {
        const [set, refused] = [uniqueKey(), uniqueKey()];
        await state.put(set, 'a', 1);
        await state.put(refused, 'a', 1);
        assert.equal(await state.compareAndSet(set, 'a', 'b', 60), true);
        assert.equal(await state.compareAndSet(refused, 'x', 'b', 60), false);
        await gone(refused);
        assert.equal(await read(set), 'b');
        assert.equal(await state.compareAndSet(set, 'b', 'c', 1), true);
        await gone(set);
      });

      for (const count of [20, 200]) {
        it(`returns true to one of ${count} concurrent calls`, async () => {
          const key = uniqueKey();
          await state.put(key, 'open', 60);
          const outcomes = await race(count, (one, index) => one.compareAndSet(key, 'open', `by ${index}`, 60));
          assert.equal(outcomes.filter(Boolean).length, 1);
          assert.equal(await read(key), `by ${outcomes.indexOf(true)}`);
        });
      }
    });

    describe('increment', () => {
      it('starts at one', async () => {
        const key = uniqueKey();
        assert.deepEqual([await state.increment(key, 60), await state.increment(key, 60)], [1, 2]);
        assert.equal(await state.increment(uniqueKey(), 60), 1);
      });

      it('starts the window with the first count and never prolongs it', async () => {
        const key = uniqueKey();
        assert.equal(await state.increment(key, 1), 1);
        let previous = 1;
        // Keeps counting, with a far longer window. The count must still start again.
        await eventually(
          harness,
          'the window ends',
          async () => {
            const count = await state.increment(key, 60);
            const begun = count === 1;
            assert.ok(begun || count === previous + 1);
            previous = count;
            return begun;
          },
          5,
        );
        assert.ok(previous === 1);
      });

      it('does not end the window too early', async () => {
        const key = uniqueKey();
        await state.increment(key, 60);
        await elapse(harness, state, 1);
        assert.equal(await state.increment(key, 60), 2);
      });

      for (const count of [20, 200]) {
        it(`counts each of ${count} concurrent calls exactly once`, async () => {
          const key = uniqueKey();
          const counts = await race(count, (one) => one.increment(key, 60));
          assert.deepEqual(
            counts.sort((a, b) => a - b),
            Array.from({ length: count }, (_, index) => index + 1),
          );
        });
      }
    });

    describe('delete', () => {
      it('removes existing keys, and ignores missing ones', async () => {
        const [first, second, kept] = [uniqueKey(), uniqueKey(), uniqueKey()];
        await Promise.all([first, second, kept].map((key) => state.put(key, 'v', 60)));
        await state.delete([first, uniqueKey(), second]);
        assert.deepEqual(await state.get([first, second, kept]), [undefined, undefined, 'v']);
        await state.delete([]);
      });
    });

    describe('now', () => {
      it('returns the time of one clock for all instances, in whole milliseconds', async () => {
        let previous = 0;
        for (const one of [...states, ...states]) {
          const now = await one.now();
          assert.ok(Number.isSafeInteger(now) && now >= previous);
          previous = now;
        }
      });
    });

    it('refuses times to live that are not whole seconds from 1 up, and changes nothing', async () => {
      const key = uniqueKey();
      for (const seconds of [0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(state.put(key, 'v', seconds), { code: 'ERR_CONFIG' });
        await assert.rejects(state.putIfAbsent(key, 'v', seconds), { code: 'ERR_CONFIG' });
        await assert.rejects(state.compareAndSet(key, 'v', 'w', seconds), { code: 'ERR_CONFIG' });
        await assert.rejects(state.increment(key, seconds), { code: 'ERR_CONFIG' });
      }
      assert.equal(await read(key), undefined);
    });

    stateMessagesContract(harness, runner);
  });
}
