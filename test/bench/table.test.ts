// Tests for scripts/bench/micro/table.ts.
import { expect } from 'chai';
import { microTable } from '../../scripts/bench/micro/table.js';

const variants = [{ name: 'no-op' }, { name: 'header login', baseline: 'no-op' }];

describe('the table of the micro-benchmark', () => {
  it('shows the difference and the ratio to the baseline, and how well they repeat', () => {
    const base = Array.from({ length: 40 }, () => 40);
    // The last quarter of the run costs 1 µs more.
    const own = base.map((time, round) => time + (round < 30 ? 10 : 11));
    const [header = '', plain = '', latchkey = ''] = microTable(
      variants,
      new Map([
        ['no-op', base],
        ['header login', own],
      ]),
    ).split('\n');
    expect(header.split(/ {2,}/)).to.include('µs/request');
    expect(plain.split(/ {2,}/)).to.deep.equal(['no-op', '40.00', '40.00']);
    expect(latchkey.split(/ {2,}/)).to.deep.equal([
      ...['header login', '50.00', '50.00', '+10.00', '+10.00 to +11.00', '0.800'],
    ]);
  });

  it('shows a variant that is faster than its baseline', () => {
    const series = new Map([
      ['no-op', [40, 40, 40, 40]],
      ['header login', [32, 32, 32, 32]],
    ]);
    expect(microTable(variants, series)).to.contain('−8.00').and.to.contain('1.250');
  });
});
