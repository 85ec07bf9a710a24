// A pending change stays pending until the journal has been read by a later statement.
import { expect } from 'chai';
import { type PendingChanges, pendingChanges, pendingKey } from '../../../src/directory/cache/pending-changes.js';
import { type Simulation, simulation } from './model/simulation.js';

describe('pendingChanges', () => {
  let time: Simulation;
  let pending: PendingChanges;

  beforeEach(() => {
    time = simulation(() => {});
    pending = pendingChanges(time.host('A', 1).clock, 10_000);
  });

  it('contain the added keys and no others', () => {
    pending.add(['u:alice', 'd:phone']);
    expect(['u:alice', 'd:phone', 'u:bob'].map(pending.has)).to.deep.equal([true, true, false]);
    expect(pending.size).to.equal(2);
  });

  it('are settled by a read of the journal that started after them, and by no other', async () => {
    await time.run(10);
    pending.add(['u:alice']);
    await time.run(10);
    pending.add(['u:bob']);
    pending.settle(10);
    expect(pending.size).to.equal(2);
    pending.settle(20);
    expect(['u:alice', 'u:bob'].map(pending.has)).to.deep.equal([false, true]);
    pending.settle(21);
    expect(pending.size).to.equal(0);
  });

  it('start again if a key is added again', async () => {
    pending.add(['u:alice']);
    await time.run(10);
    pending.add(['u:alice']);
    pending.settle(5);
    expect(pending.has('u:alice')).to.equal(true);
  });

  it('last as long as entries are held if a row says that a change may write no row', async () => {
    const row = (...keys: readonly string[]) => ({ seq: 1, nonce: 'nonce', keys });
    pending.heed([row('u:alice')]);
    expect(pending.lasting).to.equal(false);
    pending.heed([row('u:alice', pendingKey), row('u:bob')]);
    expect(pending.lasting).to.equal(true);
    await time.run(9999);
    expect(pending.lasting).to.equal(true);
    await time.run(1);
    expect(pending.lasting).to.equal(false);
  });
});
