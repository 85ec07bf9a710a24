// All times follow from how long warm requests must go on without the database.
import { expect } from 'chai';
import fc from 'fast-check';
import { journalTimes } from '../../../src/directory/cache/journal-times.js';

const tolerances = fc.double({ min: 0.5, max: 600, noNaN: true });

describe('journal times', () => {
  it('are these where the host says nothing', () => {
    const { heartbeat, look, reliance, wait } = journalTimes(5);
    expect({ heartbeat, look, reliance, wait: Math.round(wait) }).to.deep.equal({
      heartbeat: 1000,
      look: 1500,
      reliance: 6500,
      wait: 7222,
    });
  });

  it('let a process that was heard of a heartbeat ago go on for the whole tolerance', () => {
    fc.assert(
      fc.property(tolerances, (seconds) => {
        const { heartbeat, reliance } = journalTimes(seconds);
        expect(reliance - heartbeat).to.be.at.least(seconds * 1000);
      }),
    );
  });

  it('have a change wait for longer than anybody relies, with clocks that differ in rate by a tenth', () => {
    fc.assert(
      fc.property(tolerances, (seconds) => {
        const { reliance, wait } = journalTimes(seconds);
        expect(wait * 0.9).to.be.closeTo(reliance, 1e-6);
      }),
    );
  });

  it('have a process beat every second, or more often where it must soon give up', () => {
    expect([0.5, 2, 5, 60].map((seconds) => journalTimes(seconds).heartbeat)).to.deep.equal([100, 400, 1000, 1000]);
  });
});
