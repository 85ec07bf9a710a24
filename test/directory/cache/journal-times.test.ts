// All times follow from how long cached requests must be answered without the database.
import { expect } from 'chai';
import fc from 'fast-check';
import { journalTimes } from '../../../src/directory/cache/journal-times.js';

const tolerances = fc.double({ min: 0.5, max: 600, noNaN: true });

describe('journal times', () => {
  it('have these defaults', () => {
    const { heartbeat, look, reliance, wait } = journalTimes(5);
    expect({ heartbeat, look, reliance, wait: Math.round(wait) }).to.deep.equal({
      heartbeat: 1000,
      look: 1500,
      reliance: 6500,
      wait: 7222,
    });
  });

  it('let a process whose last beat was a heartbeat ago continue for the whole tolerance', () => {
    fc.assert(
      fc.property(tolerances, (seconds) => {
        const { heartbeat, reliance } = journalTimes(seconds);
        expect(reliance - heartbeat).to.be.at.least(seconds * 1000);
      }),
    );
  });

  it('make a change wait longer than any process relies, with clocks that differ in rate by a tenth', () => {
    fc.assert(
      fc.property(tolerances, (seconds) => {
        const { reliance, wait } = journalTimes(seconds);
        expect(wait * 0.9).to.be.closeTo(reliance, 1e-6);
      }),
    );
  });

  it('make a process beat every second, or more often if the tolerance is short', () => {
    expect([0.5, 2, 5, 60].map((seconds) => journalTimes(seconds).heartbeat)).to.deep.equal([100, 400, 1000, 1000]);
  });
});
