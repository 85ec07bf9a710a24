// Tests for scripts/bench/arguments.ts.
import { expect } from 'chai';
import { numberOption } from '../../scripts/bench/arguments.js';

describe('the arguments of the benchmarks', () => {
  it('are numbers from a least value on', () => {
    expect(numberOption('rounds', '4', 4)).to.equal(4);
    expect(numberOption('seconds', '0.5', 0.01)).to.equal(0.5);
    for (const wrong of ['3', 'many', '', ' ', '-5', 'Infinity']) {
      expect(() => numberOption('rounds', wrong, 4)).to.throw(RangeError, '--rounds expects a number of at least 4');
    }
  });
});
