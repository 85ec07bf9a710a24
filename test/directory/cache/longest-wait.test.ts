// A change waits as long as the longest setting of all processes requires.
import { expect } from 'chai';
import { type LongestWait, longestWait } from '../../../src/directory/cache/longest-wait.js';
import { type JournalInstance, type JournalRow, journalKeys } from '../../../src/vocabulary/journal.js';

describe('longest wait', () => {
  let instances: JournalInstance[];
  let reads: number;
  let wait: LongestWait;

  beforeEach(() => {
    instances = [];
    reads = 0;
    wait = longestWait(
      {
        instances: async () => {
          reads += 1;
          return instances;
        },
      },
      1000,
    );
  });

  const instance = (id: string, waitMilliseconds: number): JournalInstance => ({
    id,
    beat: 1,
    acknowledged: 1,
    waitMilliseconds,
  });
  const row = (...keys: readonly string[]): JournalRow => ({ seq: 1, nonce: 'a', keys });

  it('is that of this process while no other has joined, and reads nothing', async () => {
    wait.heed([row(journalKeys.user('ada'))]);
    await wait.learn();
    expect([wait.milliseconds(), reads]).to.deep.equal([1000, 0]);
  });

  it('becomes that of a process that joined with a longer one', async () => {
    instances = [instance('own', 1000), instance('other', 9000)];
    wait.heed([row(journalKeys.user('ada')), row(journalKeys.joined)]);
    expect(wait.milliseconds()).to.equal(1000);
    await wait.learn();
    expect([wait.milliseconds(), reads]).to.deep.equal([9000, 1]);
    await wait.learn();
    expect(reads).to.equal(1);
  });

  it('never falls below that of this process, nor below a longer one that was known', async () => {
    instances = [instance('other', 200)];
    wait.heed([row(journalKeys.joined)]);
    await wait.learn();
    expect(wait.milliseconds()).to.equal(1000);
    instances = [instance('third', 9000)];
    wait.heed([row(journalKeys.joined)]);
    await wait.learn();
    instances = [];
    wait.heed([row(journalKeys.joined)]);
    await wait.learn();
    expect(wait.milliseconds()).to.equal(9000);
  });

  it('is read again after a failed read', async () => {
    let failing = true;
    const failure = new Error('away');
    wait = longestWait(
      {
        instances: async () => {
          if (failing) throw failure;
          return [instance('other', 9000)];
        },
      },
      1000,
    );
    wait.heed([row(journalKeys.joined)]);
    expect(await wait.learn().catch((error: unknown) => error)).to.equal(failure);
    failing = false;
    await wait.learn();
    expect(wait.milliseconds()).to.equal(9000);
  });
});
