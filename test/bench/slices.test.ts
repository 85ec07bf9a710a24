// Tests for scripts/bench/slices.ts.
import { expect } from 'chai';
import { interleaved } from '../../scripts/bench/slices.js';

describe('the slices of the benchmarks', () => {
  it('measures every variant once in each round, each round from another variant on', async () => {
    const order: string[] = [];
    const variants = ['a', 'b', 'c'].map((name) => ({ name }));
    const series = await interleaved(variants, 3, async ({ name }) => order.push(name));
    expect(order.join('')).to.equal('abcbcacab');
    expect([...series]).to.deep.equal([
      ['a', [1, 6, 8]],
      ['b', [2, 4, 9]],
      ['c', [3, 5, 7]],
    ]);
  });
});
