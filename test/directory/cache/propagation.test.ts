// A change is confirmed once all other processes have acknowledged it, or a wait has passed for those that have not.
import { expect } from 'chai';
import { knownJournal } from '../../../src/directory/cache/known-journal.js';
import { type ConfirmationParts, confirm, type Member } from '../../../src/directory/cache/propagation.js';
import type { JournalInstance } from '../../../src/vocabulary/journal.js';
import { type Simulation, simulation } from './model/simulation.js';

describe('confirmation', () => {
  let time: Simulation;
  let parts: ConfirmationParts;
  let own: Member;
  let instances: JournalInstance[];
  let left: string[];
  let tooFew: boolean;
  const member = (id: string, seq: number): Member => ({
    id,
    database: 'one',
    known: knownJournal([{ seq, nonce: `${id} ${seq}`, keys: [] }]),
    confirmed: true,
  });
  const other = (id: string, acknowledged: number, waitMilliseconds = 1000): JournalInstance => {
    return { id, beat: 7, acknowledged, waitMilliseconds };
  };

  beforeEach(() => {
    time = simulation(() => {});
    own = member('own', 5);
    instances = [other('own', 3)];
    left = [];
    tooFew = false;
    parts = {
      journal: {
        instances: async () => [...instances],
        leave: async (id, beat) => void left.push(`${id} ${beat}`),
      },
      clock: time.host('A', 1).clock,
      wait: 1000,
      longestWait: () => 1000,
      member: () => own,
      refresh: async () => true,
      mayKnowTooFew: () => tooFew,
      counts: ({ id }) => id !== 'ended',
    };
  });

  /** When the change is confirmed. */
  function confirming(...[joined]: readonly [Member?]): { readonly at: number | undefined } {
    const began: { at: number | undefined } = { at: undefined };
    void confirm(parts, joined).then(() => {
      began.at = time.now();
    });
    return began;
  }

  it('is immediate if there is no other process, or none that counts', async () => {
    instances.push(other('ended', 0));
    const call = confirming();
    await time.run(0);
    expect(call.at).to.equal(0);
  });

  it('resolves once the last of the other processes has acknowledged', async () => {
    instances.push(other('B', 5), other('C', 4));
    const call = confirming();
    await time.run(300);
    expect(call.at).to.equal(undefined);
    instances[2] = other('C', 5);
    await time.run(60);
    expect(call.at).to.be.within(300, 360);
    await time.run(5000);
    expect(left).to.deep.equal([]);
  });

  it('resolves after the longest wait of the processes that have not, and expels them by the beat that it read', async () => {
    instances.push(other('B', 4, 1500), other('C', 5, 9000));
    const call = confirming();
    await time.run(2000);
    expect(call.at).to.be.within(1500, 1501);
    expect(left).to.deep.equal(['B 7']);
  });

  it('expels no process if this process follows another journal by then', async () => {
    instances.push(other('B', 4));
    confirming();
    await time.run(999);
    own = member('anew', 2);
    await time.run(5000);
    expect(left).to.deep.equal([]);
  });

  it('starts again if the process joins again in the meantime', async () => {
    instances.push(other('B', 4));
    const call = confirming();
    await time.run(100);
    own = member('anew', 4);
    instances = [other('B', 4), other('anew', 0)];
    await time.run(60);
    expect(call.at).to.be.within(100, 160);
  });

  it('of a join ends if the process joins again', async () => {
    instances.push(other('B', 4));
    const call = confirming(own);
    await time.run(100);
    own = member('anew', 4);
    await time.run(60);
    expect(call.at).to.be.within(100, 160);
    await time.run(5000);
    expect(left).to.deep.equal([]);
  });

  it('waits while there may be unregistered processes, but not on joining', async () => {
    tooFew = true;
    const [change, joining] = [confirming(), confirming(own)];
    await time.run(300);
    expect([change.at, joining.at]).to.deep.equal([undefined, 0]);
    tooFew = false;
    await time.run(60);
    expect(change.at).to.be.within(300, 360);
  });

  it('resolves after a wait if the directory does not answer', async () => {
    for (const silent of [() => new Promise<never>(() => {}), () => Promise.reject(new Error('away'))]) {
      parts = { ...parts, journal: { ...parts.journal, instances: silent } };
      const began = time.now();
      const call = confirming();
      await time.run(1100);
      expect(call.at).to.be.within(began + 1000, began + 1002);
    }
  });

  it('resolves after a wait if the process cannot read the journal', async () => {
    parts = { ...parts, refresh: async () => false };
    const call = confirming();
    await time.run(1100);
    expect(call.at).to.be.within(1000, 1001);
  });
});
