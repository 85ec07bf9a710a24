// Without a journal: values are held for two seconds, and a change waits until these have passed.
import { expect } from 'chai';
import type { Coherence } from '../../../src/directory/cache/coherence.js';
import { timedCoherence } from '../../../src/directory/cache/timed-coherence.js';
import { journalKeys } from '../../../src/vocabulary/journal.js';
import { type Host, type Simulation, simulation } from './model/simulation.js';

describe('timed coherence', () => {
  let time: Simulation;
  let host: Host;
  let coherence: Coherence;
  let told: string[];

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    told = [];
    coherence = timedCoherence({
      clock: host.clock,
      listener: {
        changed: (keys) => told.push(`changed ${keys.join()}`),
        reset: () => told.push('reset'),
        lost: () => told.push('lost'),
        restored: () => told.push('restored'),
      },
    });
  });

  it('holds values for less time than a change waits, even if the clocks of two machines differ in rate', async () => {
    expect(coherence.relies()).to.equal(true);
    expect(coherence.judge(['u:alice'], coherence.position())).to.equal('holds');
    expect(coherence.holdMilliseconds()).to.equal(2000);
    let returnedAt: number | undefined;
    void coherence.saved(['u:alice']);
    void coherence.everywhere().then(() => {
      returnedAt = time.now();
    });
    await time.run(3000);
    // A process whose clock is fast by a tenth waits 2,050 ms by any other clock.
    expect(returnedAt).to.be.at.least(2050 * 1.1 - 1);
  });

  it('drops changed entries of this process immediately', () => {
    void coherence.saved(['u:alice', 'd:phone']);
    expect(told).to.deep.equal(['changed u:alice,d:phone']);
  });

  it('waits equally long if nothing was changed', async () => {
    await coherence.note(['u:alice']);
    expect(told).to.deep.equal(['changed u:alice']);
    let returned = false;
    void coherence.everywhere().then(() => {
      returned = true;
    });
    await time.run(2290);
    expect(returned).to.equal(false);
    await time.run(20);
    expect(returned).to.equal(true);
  });

  it('drops all entries if the computer slept and the monotonic clock stopped', async () => {
    await time.run(1000);
    expect(coherence.relies()).to.equal(true);
    host.suspend();
    await time.run(1000);
    host.resume();
    expect(coherence.relies()).to.equal(true);
    expect(told).to.deep.equal(['reset']);
    await time.run(1000);
    coherence.relies();
    expect(told).to.deep.equal(['reset']);
  });

  it('drops nothing if the wall clock is set back, and all entries if it is set forward', async () => {
    host.setWall(-60_000);
    coherence.relies();
    expect(told).to.deep.equal([]);
    host.setWall(60);
    coherence.relies();
    expect(told).to.deep.equal(['reset']);
  });

  it('drops what may have changed, even if the outcome is unknown', () => {
    coherence.markPending(['u:alice']);
    expect(told).to.deep.equal(['changed u:alice']);
  });

  it('shares nothing with other processes', () => {
    expect(coherence.scope()).to.equal(undefined);
  });

  it('does not answer from memory after it is closed', async () => {
    await coherence.close();
    expect(coherence.relies()).to.equal(false);
    expect(await coherence.refresh()).to.equal(false);
    expect(told).to.deep.equal(['reset']);
  });

  it('rejects a value that was read before the machine slept, also if its answer arrives afterwards', async () => {
    const position = coherence.position();
    host.suspend();
    await time.run(1000);
    host.resume();
    expect(coherence.judge(['u:alice'], position)).to.equal('outdated');
    expect(told).to.deep.equal(['reset']);
    expect(coherence.judge(['u:alice'], coherence.position())).to.equal('holds');
  });

  it('rejects a value whose key this process has changed since it was read', async () => {
    const position = coherence.position();
    await coherence.saved(['u:alice']);
    expect(coherence.judge(['d:phone', 'u:alice'], position)).to.equal('outdated');
    expect(coherence.judge(['u:bob'], position)).to.equal('holds');
    expect(coherence.judge(['u:alice'], coherence.position())).to.equal('holds');
    await coherence.note([journalKeys.everything]);
    expect(coherence.judge(['u:bob'], position)).to.equal('outdated');
  });

  it('rejects everything that was read before more changes than it tracks', () => {
    const position = coherence.position();
    coherence.markPending(Array.from({ length: 10_001 }, (_, index) => `u:${index}`));
    expect(coherence.judge(['u:alice'], position)).to.equal('outdated');
    expect(coherence.judge(['u:0'], coherence.position())).to.equal('holds');
  });
});
