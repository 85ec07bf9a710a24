// What is in doubt stays so until the journal was asked afterwards.
import { expect } from 'chai';
import { type Doubts, doubtedKey, doubts } from '../../../src/directory/cache/pending-changes.js';
import { type Simulation, simulation } from './model/simulation.js';

describe('doubts', () => {
  let time: Simulation;
  let doubted: Doubts;

  beforeEach(() => {
    time = simulation(() => {});
    doubted = doubts(time.host('A', 1).clock, 10_000);
  });

  it('are of those keys that were added, and of no others', () => {
    doubted.add(['u:alice', 'd:phone']);
    expect(['u:alice', 'd:phone', 'u:bob'].map(doubted.has)).to.deep.equal([true, true, false]);
    expect(doubted.size).to.equal(2);
  });

  it('are settled by an answer that was asked for after them, and by no other', async () => {
    await time.run(10);
    doubted.add(['u:alice']);
    await time.run(10);
    doubted.add(['u:bob']);
    doubted.settle(10);
    expect(doubted.size).to.equal(2);
    doubted.settle(20);
    expect(['u:alice', 'u:bob'].map(doubted.has)).to.deep.equal([false, true]);
    doubted.settle(21);
    expect(doubted.size).to.equal(0);
  });

  it('begin anew where a key is added again', async () => {
    doubted.add(['u:alice']);
    await time.run(10);
    doubted.add(['u:alice']);
    doubted.settle(5);
    expect(doubted.has('u:alice')).to.equal(true);
  });

  it('last for as long as anything is held where a row says that no row will tell', async () => {
    const row = (...keys: readonly string[]) => ({ seq: 1, nonce: 'nonce', keys });
    doubted.heed([row('u:alice')]);
    expect(doubted.lasting).to.equal(false);
    doubted.heed([row('u:alice', doubtedKey), row('u:bob')]);
    expect(doubted.lasting).to.equal(true);
    await time.run(9999);
    expect(doubted.lasting).to.equal(true);
    await time.run(1);
    expect(doubted.lasting).to.equal(false);
  });
});
