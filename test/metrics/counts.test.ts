// The names and label values of counters are checked by the compiler, and durations by their bounds.
import { expect } from 'chai';
import { countedIn, zeroCounts } from '../../src/metrics/counts.js';
import { durations } from '../../src/metrics/durations.js';

describe('counts', () => {
  it('are zero for each combination of label values', () => {
    const counts = zeroCounts();
    counts.lookUps.device.state += 2;
    expect(countedIn(counts.lookUps)).to.deep.equal([
      { labels: ['user', 'memory'], value: 0 },
      { labels: ['user', 'state'], value: 0 },
      { labels: ['user', 'directory'], value: 0 },
      { labels: ['device', 'memory'], value: 0 },
      { labels: ['device', 'state'], value: 2 },
      { labels: ['device', 'directory'], value: 0 },
      { labels: ['mapping', 'memory'], value: 0 },
      { labels: ['mapping', 'state'], value: 0 },
      { labels: ['mapping', 'directory'], value: 0 },
    ]);
    expect(countedIn(counts.journalJoins)).to.deep.equal([{ labels: [], value: 0 }]);
  });

  it('of another name, or with another label value, do not compile', () => {
    const counts = zeroCounts();
    // @ts-expect-error no such counter
    expect(counts.logins).to.equal(undefined);
    // @ts-expect-error no such label value
    expect(counts.requests.basic).to.equal(undefined);
    // @ts-expect-error a counter with two labels has no value for one of them
    expect(counts.lookUps.user + 1).to.equal('[object Object]1');
  });
});

describe('a histogram of durations', () => {
  it('counts a duration in each bucket whose bound is not exceeded', () => {
    const changes = durations([0.1, 1]);
    for (const seconds of [0.1, 0.5, 1, 4]) changes.add(seconds);
    expect(changes.read()).to.deep.equal({
      count: 4,
      sum: 5.6,
      atMost: [
        { bound: 0.1, count: 1 },
        { bound: 1, count: 3 },
      ],
    });
  });
});
