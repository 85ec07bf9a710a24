// directory/markers: a marker that could not be set is owed until it is, and no marker is like another.
import { expect } from 'chai';
import { type Markers, markers } from '../../src/directory/markers.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { refusal } from '../support/people.js';
import { type FallibleState, fallibleState, gated } from '../support/ports.js';
import { until } from '../support/processes.js';

describe('markers', () => {
  const clock = { now: 0 };
  const store = () => memoryState({ now: () => clock.now });
  let state: ReturnType<typeof store>;
  let fallible: FallibleState;
  let marks: Markers;

  beforeEach(() => {
    state = store();
    fallible = fallibleState(state);
    marks = markers({ state: fallible.state, now: () => clock.now, ttlSeconds: 600 });
  });
  afterEach(async () => {
    marks.close();
    await state.close();
  });

  const mark = async (key: string) => (await state.get([key]))[0];

  it('are never alike', async () => {
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 10; round += 1) {
      await marks.put(['a', 'b']);
      for (const key of ['a', 'b']) seen.add(await mark(key));
      await state.delete(['a']);
      seen.add(await marks.putIfAbsent('a'));
    }
    expect(seen.size).to.equal(30);
  });

  it('go away by themselves', async () => {
    await marks.put(['a']);
    clock.now += 30_000;
    expect(await mark('a')).to.equal(undefined);
  });

  it('leave alone what is there, where they are to fill a gap', async () => {
    await state.put('a', 'value', 60);
    expect(await marks.putIfAbsent('a')).to.equal(undefined);
    expect(await mark('a')).to.equal('value');
  });

  it('are owed while the state is away, and set when it can be', async () => {
    await state.put('a', 'old', 600);
    fallible.down = true;
    expect(await refusal(marks.put(['a', 'b']))).to.equal('ERR_STATE_UNAVAILABLE');
    await marks.settle();
    expect([marks.owes('a'), marks.owes('b'), marks.owes('c')]).to.deep.equal([true, true, false]);
    fallible.down = false;
    await marks.settle();
    expect([marks.owes('a'), marks.owes('b')]).to.deep.equal([false, false]);
    expect(await mark('a')).to.match(/^marker:/);
  });

  it('are set without being asked again', async () => {
    await state.put('a', 'old', 600);
    fallible.down = true;
    await refusal(marks.put(['a']));
    fallible.down = false;
    await until('the marker is set', () => !marks.owes('a'));
    expect(await mark('a')).to.match(/^marker:/);
  });

  it('are still owed for a later change when the marker of an earlier one gets through', async () => {
    const slow = gated(state);
    const later = fallibleState(slow.port);
    marks.close();
    marks = markers({ state: later.state, now: () => clock.now, ttlSeconds: 600 });
    const held = slow.holdNext('put');
    const first = marks.put(['a']);
    await held.reached;
    later.down = true;
    expect(await refusal(marks.put(['a']))).to.equal('ERR_STATE_UNAVAILABLE');
    held.release();
    await first;
    expect(marks.owes('a')).to.equal(true);
  });

  it('are owed again when the state may have lost them, as long as an older value may live', async () => {
    await marks.put(['early']);
    clock.now += 1;
    await marks.put(['late']);
    clock.now += 600_000 - 1;
    marks.doubt();
    expect([marks.owes('early'), marks.owes('late')]).to.deep.equal([false, true]);
    await marks.settle();
    expect(marks.owes('late')).to.equal(false);
    marks.doubt();
    expect(marks.owes('late')).to.equal(true);
  });

  it('are remembered for the ten thousand latest keys', async () => {
    const keys = Array.from({ length: 10_001 }, (_, index) => `key-${index}`);
    await marks.put(keys);
    marks.doubt();
    expect(keys.filter((key) => !marks.owes(key))).to.deep.equal(['key-0']);
  });
});
