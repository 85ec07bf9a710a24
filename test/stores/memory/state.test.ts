// memoryState: the contract, its messages, its timers and its options.
import { expect } from 'chai';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import { stateContract } from '../../contracts/index.js';
import { recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';

const runner = { describe, it, before, after, beforeEach };

describe('memoryState', () => {
  let time = Date.parse('2026-11-01T12:00:00Z');

  stateContract(
    'memoryState with a given clock',
    {
      open: async () => [memoryState({ now: () => time })],
      async advance(seconds) {
        time += seconds * 1000;
      },
    },
    runner,
  );

  stateContract("memoryState with the computer's clock", { open: async () => [memoryState()] }, runner);

  it('calls its subscribers before publish returns', async () => {
    const state = memoryState();
    const heard = recorder();
    state.subscribe('channel', heard);
    await state.get([]);
    const done = state.publish('channel', 'one');
    expect(heard.messages).to.deep.equal(['one']);
    await done;
    await state.close();
  });

  it('keeps a key whose time to live is longer than the longest timer', async () => {
    const state = memoryState();
    const fiftyDays = 50 * 24 * 60 * 60;
    await state.put('long', 'value', fiftyDays);
    await state.put('short', 'value', 1);
    await until('the short one expires', async () => (await state.get(['short']))[0] === undefined);
    expect(await state.get(['long'])).to.deep.equal(['value']);
    await state.close();
  });

  it('reports a subscriber that throws', async () => {
    const events: LatchkeyEvent[] = [];
    const state = memoryState({ onEvent: (event) => events.push(event) });
    const nothing = (): void => {};
    state.subscribe('channel', {
      message() {
        throw new Error('a careless subscriber');
      },
      lost: nothing,
      restored: nothing,
    });
    await state.get([]);
    await state.publish('channel', 'one');
    expect(events).to.deep.equal([
      { type: 'error', code: 'ERR_STATE_SUBSCRIBER', message: 'A subscriber to the shared state threw an error' },
    ]);
    await state.close();
  });

  it('refuses an unknown option', () => {
    const misspelt: object = { clock: Date.now };
    expect(() => memoryState(misspelt)).to.throw('memoryState has no option "clock"; it has now, onEvent');
  });
});
