// Tests for scripts/bench/statistics.ts.
import { expect } from 'chai';
import {
  difference,
  paired,
  parts,
  quantile,
  ratio,
  relativeSpread,
  summary,
  undisturbed,
} from '../../scripts/bench/statistics.js';

describe('the statistics of the benchmarks', () => {
  it('finds the median of an odd and an even number of values, in any order', () => {
    expect(quantile([30, 10, 20], 0.5)).to.equal(20);
    expect(quantile([40, 10, 30, 20], 0.5)).to.equal(25);
    expect(quantile([7], 0.5)).to.equal(7);
  });

  it('sorts by value, not by text, and leaves the values in their order', () => {
    const values = [100, 9, 80];
    expect(quantile(values, 0.5)).to.equal(80);
    expect(values).to.deep.equal([100, 9, 80]);
  });

  it('interpolates between the two nearest values', () => {
    expect(summary([1, 2, 3, 4])).to.deep.equal({ low: 1.75, median: 2.5, high: 3.25 });
    expect(quantile([10, 20], 0)).to.equal(10);
    expect(quantile([10, 20], 1)).to.equal(20);
    expect(undisturbed([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])).to.equal(10);
  });

  it('reports the interquartile range as a share of the median', () => {
    expect(relativeSpread({ low: 90, median: 100, high: 110 })).to.equal(0.2);
  });

  it('is the same whether or not most times are disturbed', () => {
    const calm = Array.from({ length: 100 }, () => 50);
    expect(undisturbed(calm.map((time, index) => (index % 5 === 0 ? time : time * 3)))).to.equal(undisturbed(calm));
  });

  it('compares two series round by round', () => {
    // In the last round, the machine was slow. The medians alone would show a difference of 1.
    const [values, others] = [
      [11, 12, 33],
      [10, 11, 30],
    ];
    expect(paired(values, others, difference)).to.deep.equal({ low: 1, median: 1, high: 2 });
    expect(paired([50, 200], [100, 400], ratio)).to.deep.equal({ low: 0.5, median: 0.5, high: 0.5 });
  });

  it('compares medians of rounds, not rounds of medians', () => {
    expect(paired([1, 100, 10], [10, 1, 100], difference).median).to.equal(-9);
  });

  it('divides values into consecutive parts', () => {
    expect(parts([1, 2, 3, 4, 5, 6, 7], 3)).to.deep.equal([
      [1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    expect(parts([1, 2, 3, 4, 5, 6, 7, 8], 4).flat()).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('refuses values from which no result follows', () => {
    expect(() => quantile([], 0.5)).to.throw(RangeError, 'no values');
    expect(() => quantile([1, Number.NaN], 0.5)).to.throw(RangeError, 'finite');
    expect(() => quantile([1, Number.POSITIVE_INFINITY], 0.5)).to.throw(RangeError, 'finite');
    expect(() => paired([1, 2], [1], ratio)).to.throw(RangeError, 'different lengths');
    expect(() => parts([1, 2], 3)).to.throw(RangeError, 'fewer values');
  });
});
