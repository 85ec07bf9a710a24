// Entries in the shared state: invalid entries are ignored, and an unavailable shared state is treated as empty.
import { expect } from 'chai';
import { type Entry, encodeEntry } from '../../../src/directory/cache/cache-entries.js';
import { type SharedEntries, sharedEntries } from '../../../src/directory/cache/shared-cache.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';

const mapping: Entry = { kind: 'mapping', groupRoles: [{ group: 'staff', roles: ['viewer'] }] };
const position = { seq: 7, nonce: 'nonce-7' };

describe('shared entries', () => {
  const state = memoryState();
  const entries: SharedEntries = sharedEntries(state, 'configuration', 600);

  after(() => state.close());

  it('are returned as they were stored, in the order of the keys, with their positions', async () => {
    await entries.put('database', 'm', { entry: mapping, position });
    expect(await entries.get('database', ['u:alice', 'm'])).to.deep.equal([undefined, { entry: mapping, position }]);
  });

  it('are not decoded if their position is outdated', async () => {
    await entries.put('database', 'm', { entry: mapping, position });
    const asked: unknown[] = [];
    const rejecting = (outdated: boolean) => (key: string, at: { readonly seq: number; readonly nonce: string }) => {
      asked.push([key, at]);
      return outdated;
    };
    const kept = { entry: mapping, position };
    expect(await entries.get('database', ['m', 'u:alice'], rejecting(false))).to.deep.equal([kept, undefined]);
    expect(await entries.get('database', ['m', 'u:alice'], rejecting(true))).to.deep.equal([undefined, undefined]);
    expect(asked).to.deep.equal([
      ['m', position],
      ['m', position],
    ]);
  });

  it('are separate for each database and each configuration', async () => {
    await entries.put('database', 'm', { entry: mapping, position });
    expect(await entries.get('other database', ['m'])).to.deep.equal([undefined]);
    expect(await sharedEntries(state, 'other configuration', 600).get('database', ['m'])).to.deep.equal([undefined]);
  });

  const garbage: readonly string[] = [
    '',
    'null',
    '7',
    '{}',
    '[]',
    '[7,"nonce-7"]',
    '[7,"nonce-7",null]',
    `["7","nonce-7",${JSON.stringify(encodeEntry(mapping))}]`,
    `[7,null,${JSON.stringify(encodeEntry(mapping))}]`,
    '[7,"nonce-7","{}"]',
    '[7,"nonce-7","not JSON"]',
    encodeEntry(mapping),
    '[7,"nonce-7",',
  ];
  for (const text of garbage) {
    it(`are ignored if the state holds ${text === '' ? 'empty text' : text}`, async () => {
      await state.put('c:database:configuration:m', text, 600);
      expect(await entries.get('database', ['m'])).to.deep.equal([undefined]);
    });
  }

  it('are ignored if they are stored under the key of something else', async () => {
    await state.put('c:database:configuration:u:alice', JSON.stringify([7, 'nonce-7', encodeEntry(mapping)]), 600);
    expect(await entries.get('database', ['u:alice'])).to.deep.equal([undefined]);
  });

  it('are absent if the state does not answer, and storing one is not an error', async () => {
    const fail = async (): Promise<never> => {
      throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
    };
    const away = sharedEntries({ get: fail, put: fail }, 'configuration', 600);
    expect(await away.get('database', ['m', 'u:alice'])).to.deep.equal([undefined, undefined]);
    await away.put('database', 'm', { entry: mapping, position });
  });

  it('are absent if the state returns fewer values than keys', async () => {
    const short = sharedEntries({ get: async () => [], put: async () => {} }, 'configuration', 600);
    expect(await short.get('database', ['m'])).to.deep.equal([undefined]);
  });
});
