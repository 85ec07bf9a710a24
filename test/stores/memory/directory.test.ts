// memoryDirectory: the contract, its clock, and the rows that it returns.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { directoryContract } from '../../contracts/index.js';

const runner = { describe, it, before, after, beforeEach };

directoryContract('memory', { open: async () => memoryDirectory() }, runner);

async function withoutJournal(): Promise<Directory> {
  const { journal: _, ...directory } = memoryDirectory();
  return directory;
}
directoryContract('a directory without journal', { open: withoutJournal, withoutJournal: true }, runner);

describe('memoryDirectory', () => {
  it('takes the times of rows from the given clock', async () => {
    let now = Date.UTC(2026, 10, 22);
    const directory = memoryDirectory({ now: () => now });
    await directory.createUser({ subject: 'ada', authMethod: 'local' });
    now += 5000;
    const user = await directory.updateUser('ada', { disabled: true });
    expect(user?.createdAt).to.deep.equal(new Date(Date.UTC(2026, 10, 22)));
    expect(user?.updatedAt).to.deep.equal(new Date(Date.UTC(2026, 10, 22) + 5000));
  });

  it('returns rows that callers cannot change', async () => {
    const directory = memoryDirectory();
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local', grantedRoles: ['reader'] });
    expect(() => (user.grantedRoles as string[]).push('admin')).to.throw(TypeError);
    expect(() => Object.assign(user, { disabled: true })).to.throw(TypeError);
  });
});
