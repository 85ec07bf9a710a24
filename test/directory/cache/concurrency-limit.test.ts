// At most so many tasks run concurrently, and each task gets its turn.
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { limit } from '../../../src/directory/cache/concurrency-limit.js';

function pieces() {
  const started: number[] = [];
  const ends: { resolve(): void; reject(error: Error): void }[] = [];
  const work = (index: number) => () =>
    new Promise<number>((resolve, reject) => {
      started.push(index);
      ends[index] = { resolve: () => resolve(index), reject };
    });
  return { started, ends, work };
}

describe('limit', () => {
  it('runs as many tasks as allowed, and the others one by one in the order of their calls', async () => {
    const { started, ends, work } = pieces();
    const run = limit(2);
    const all = [0, 1, 2, 3].map((index) => run(work(index)));
    await setImmediate();
    expect(started).to.deep.equal([0, 1]);
    ends[1]?.resolve();
    await setImmediate();
    expect(started).to.deep.equal([0, 1, 2]);
    for (const index of [0, 2]) ends[index]?.resolve();
    await setImmediate();
    ends[3]?.resolve();
    expect(await Promise.all(all)).to.deep.equal([0, 1, 2, 3]);
  });

  it('continues after tasks that failed', async () => {
    const { started, ends, work } = pieces();
    const run = limit(1);
    const failing = run(work(0)).catch((error: Error) => error.message);
    const throwing = run(() => {
      throw new Error('at once');
    }).catch((error: Error) => error.message);
    const last = run(work(1));
    ends[0]?.reject(new Error('away'));
    expect(await Promise.all([failing, throwing])).to.deep.equal(['away', 'at once']);
    await setImmediate();
    expect(started).to.deep.equal([0, 1]);
    ends[1]?.resolve();
    expect(await last).to.equal(1);
  });

  it('has its full capacity again once nothing runs', async () => {
    const { started, work } = pieces();
    const run = limit(2);
    await Promise.all([1, 2, 3, 4, 5].map((value) => run(async () => value)));
    for (const index of [0, 1, 2]) void run(work(index));
    await setImmediate();
    expect(started).to.deep.equal([0, 1]);
  });
});
