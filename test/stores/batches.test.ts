// inBatches, which combines concurrent calls into batches.
import { expect } from 'chai';
import { inBatches } from '../../src/stores/batches.js';

/** Batched work that the test ends itself. */
function workshop(limits: { readonly underWay: number; readonly size: number }) {
  const goes: {
    readonly items: readonly string[];
    end(results: readonly string[]): void;
    fail(reason: Error): void;
  }[] = [];
  const ask = inBatches<string, string>(
    { ...limits, keyOf: (item) => item.charAt(0) },
    (items) => new Promise((end, fail) => goes.push({ items, end, fail })),
  );
  const done = (index: number) => goes[index]?.end(goes[index]?.items.map((item) => `done ${item}`) ?? []);
  return { ask, goes, done, items: () => goes.map(({ items }) => items) };
}

describe('work in batches', () => {
  it('starts immediately if no batch is running', () => {
    const { ask, items } = workshop({ underWay: 1, size: 10 });
    void ask('a');
    expect(items()).to.deep.equal([['a']]);
  });

  it('combines calls that arrive while the maximum of batches runs, and returns each its own result', async () => {
    const { ask, items, done } = workshop({ underWay: 2, size: 10 });
    const results = ['a', 'b', 'c', 'd', 'e'].map(ask);
    expect(items()).to.deep.equal([['a'], ['b']]);
    done(1);
    expect(await results[1]).to.equal('done b');
    expect(items()).to.deep.equal([['a'], ['b'], ['c', 'd', 'e']]);
    done(2);
    done(0);
    expect(await Promise.all(results)).to.deep.equal(['a', 'b', 'c', 'd', 'e'].map((item) => `done ${item}`));
  });

  it('keeps batches within the maximum size, in the order of the calls', async () => {
    const { ask, items, done } = workshop({ underWay: 1, size: 2 });
    const results = ['a', 'b', 'c', 'd'].map(ask);
    for (let go = 0; go < 3; go += 1) {
      done(go);
      await results[go * 2];
    }
    expect(items()).to.deep.equal([['a'], ['b', 'c'], ['d']]);
  });

  it('never puts two items of one key into a batch', async () => {
    const { ask, items, done } = workshop({ underWay: 1, size: 10 });
    const results = ['x', 'a1', 'b', 'a2', 'c', 'a3'].map(ask);
    for (const [go, last] of [0, 4, 3, 5].entries()) {
      done(go);
      await results[last];
    }
    expect(items()).to.deep.equal([['x'], ['a1', 'b', 'c'], ['a2'], ['a3']]);
  });

  it('rejects all calls of a failed batch, and continues', async () => {
    const { ask, goes, done } = workshop({ underWay: 1, size: 10 });
    const results = ['a', 'b', 'c'].map(ask);
    done(0);
    await results[0];
    goes[1]?.fail(new Error('refused'));
    const settled = await Promise.allSettled(results.slice(1));
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    const next = ask('d');
    done(2);
    expect(await next).to.equal('done d');
  });
});
