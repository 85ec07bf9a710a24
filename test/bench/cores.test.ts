// Tests for scripts/bench/http/cores.ts.
import { expect } from 'chai';
import { coreNumbers, coresFrom } from '../../scripts/bench/http/cores.js';

describe('the cores of the benchmarks', () => {
  it('reads the list that taskset prints', () => {
    expect(coreNumbers('0-3,8')).to.deep.equal([0, 1, 2, 3, 8]);
    expect(coreNumbers('5')).to.deep.equal([5]);
  });

  it('never puts anything else on the core of the server', () => {
    const { server, load, others } = coresFrom([2, 3]);
    expect({ server, load, others }).to.deep.equal({ server: 2, load: 3, others: [3] });
    expect(coresFrom([2, 3, 6, 7]))
      .to.include({ server: 2, load: 3 })
      .and.deep.include({ others: [6, 7] });
  });

  it('says so if there is only one core', () => {
    const { server, load, description } = coresFrom([0]);
    expect([server, load]).to.deep.equal([undefined, undefined]);
    expect(description).to.contain('share one core');
  });
});
