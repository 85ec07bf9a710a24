// The same thing is reported at most once a minute, with the number of reports that were left out.
import { expect } from 'chai';
import { limitedWarnings } from '../../src/vocabulary/limited-warnings.js';
import { type MinuteLimit, maximumKeys, minuteLimit } from '../../src/vocabulary/minute-limit.js';

describe('a limit of one report a minute', () => {
  let now: number;
  let limit: MinuteLimit;
  beforeEach(() => {
    now = 0;
    limit = minuteLimit(() => now);
  });

  it('makes the first report at once, and then one a minute with the number of those in between', () => {
    const made: [number, number][] = [];
    for (let second = 0; second <= 125; second += 1) {
      now = second * 1000;
      const leftOut = limit.leftOut('away');
      if (leftOut !== undefined) made.push([second, leftOut]);
    }
    expect(made).to.deep.equal([
      [0, 0],
      [60, 59],
      [120, 59],
    ]);
  });

  it('counts each key separately', () => {
    expect([limit.leftOut('a'), limit.leftOut('a'), limit.leftOut('b')]).to.deep.equal([0, undefined, 0]);
    now = 60_000;
    expect([limit.leftOut('b'), limit.leftOut('a')]).to.deep.equal([0, 1]);
  });

  it('makes no more reports than there are keys, however many keys there are', () => {
    let made = 0;
    for (let key = 0; key < 10 * maximumKeys; key += 1) if (limit.leftOut(`key ${key}`) !== undefined) made += 1;
    // One further report, for all keys that are not tracked.
    expect(made).to.equal(maximumKeys + 1);
    now = 60_000;
    expect(limit.leftOut('another key')).to.equal(0);
  });

  it('makes a report if the clock was set back', () => {
    now = 1e12;
    limit.leftOut('away');
    now = 0;
    expect(limit.leftOut('away')).to.equal(0);
  });
});

describe('a limited warning', () => {
  it('is emitted once a minute, with the number of those in between', () => {
    const emitted: unknown[][] = [];
    const { emitWarning } = process;
    process.emitWarning = (...values: unknown[]) => void emitted.push(values);
    try {
      let now = 0;
      const warn = limitedWarnings('LATCHKEY_TEST', () => now);
      for (now = 0; now <= 90_000; now += 10_000) warn('the log is full');
      warn('the disk is full');
    } finally {
      process.emitWarning = emitWarning;
    }
    expect(emitted).to.deep.equal([
      ['the log is full', { code: 'LATCHKEY_TEST' }],
      ['the log is full [5 more since the last warning]', { code: 'LATCHKEY_TEST' }],
      ['the disk is full', { code: 'LATCHKEY_TEST' }],
    ]);
  });
});
