// Work that many ask for at once.
import { expect } from 'chai';
import { inBatches } from '../../src/stores/batches.js';

/** Work that ends when the test says so. */
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
  it('begins at once while nobody else is there', () => {
    const { ask, items } = workshop({ underWay: 1, size: 10 });
    void ask('a');
    expect(items()).to.deep.equal([['a']]);
  });

  it('puts together who comes while as much as allowed is under way, and gives each their own result', async () => {
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

  it('puts no more together than allowed, first come first served', async () => {
    const { ask, items, done } = workshop({ underWay: 1, size: 2 });
    const results = ['a', 'b', 'c', 'd'].map(ask);
    for (let go = 0; go < 3; go += 1) {
      done(go);
      await results[go * 2];
    }
    expect(items()).to.deep.equal([['a'], ['b', 'c'], ['d']]);
  });

  it('never has two of one key in one go', async () => {
    const { ask, items, done } = workshop({ underWay: 1, size: 10 });
    const results = ['x', 'a1', 'b', 'a2', 'c', 'a3'].map(ask);
    for (const [go, last] of [0, 4, 3, 5].entries()) {
      done(go);
      await results[last];
    }
    expect(items()).to.deep.equal([['x'], ['a1', 'b', 'c'], ['a2'], ['a3']]);
  });

  it('rejects all of a go that fails, and goes on', async () => {
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
