// Users, devices, mappings and entries are listed by one pattern: page by page, or all by iteration.
import { expect } from 'chai';
import { eachItem, type Page } from '../../../src/directory/administration/listing.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { pair, refusal } from '../../support/people.js';

/** What the four lists have in common, with everything optional, as JavaScript callers may call it. */
interface List {
  list(listing?: { readonly after?: unknown; readonly limit?: unknown }): Promise<readonly unknown[]>;
  iterate(): AsyncIterable<unknown>;
}

describe('the lists of the administration', () => {
  let directory: Directory;
  let here: Instance;
  let lists: Readonly<Record<'users' | 'devices' | 'mappings' | 'audit', List>>;

  beforeEach(async () => {
    directory = memoryDirectory();
    here = instance({ directory, state: memoryState(), groupRoles: { b: ['reader'], e: ['reader'] } });
    const { users, devices, mappings, audit } = here.administration;
    lists = { users, devices, mappings, audit } as Readonly<Record<keyof typeof lists, List>>;
    for (const subject of ['ada', 'bob', 'carol', 'dan', 'eve']) {
      const { id } = await users.create({ subject, authMethod: 'local' });
      await pair(directory, id);
    }
    for (const group of ['a', 'b', 'd']) await mappings.set(group, ['editor']);
  });
  afterEach(() => here.resolver.close());

  for (const name of ['users', 'devices', 'mappings', 'audit'] as const) {
    describe(name, () => {
      it('continue after the last item of the previous page, and iterate over the same items', async () => {
        const whole = await lists[name].list();
        expect(whole.length).to.be.at.least(5);
        const paged: unknown[] = [];
        for (;;) {
          const page = await lists[name].list({ after: paged.at(-1), limit: 2 });
          paged.push(...page);
          if (page.length < 2) break;
        }
        expect(paged).to.deep.equal(whole);
        expect(await all(lists[name].iterate())).to.deep.equal(whole);
      });

      it('refuse a limit out of range, and an `after` that is no item', async () => {
        for (const limit of [0, 1001, 1.5, '10', null]) {
          expect(await refusal(lists[name].list({ limit })), String(limit)).to.equal('ERR_PAGE');
        }
        for (const after of ['ada', 1, null, {}, { id: 'x', subject: '', group: '' }, new Date()]) {
          expect(await refusal(lists[name].list({ after })), String(after)).to.equal('ERR_PAGE');
        }
      });

      it('refuse anything but an object, which would have no filters', async () => {
        for (const listing of ['ada', 5, null]) {
          expect(await refusal(lists[name].list(listing as never))).to.equal('ERR_CONFIG');
        }
      });
    });
  }

  it('filter devices by owner and text, also when they iterate', async () => {
    const { devices, users, audit } = here.administration;
    expect((await devices.list({ subject: 'eve' })).map(({ subject }) => subject)).to.deep.equal(['eve']);
    expect(await devices.list({ subject: 'nobody' })).to.deep.equal([]);
    expect(await all(devices.iterate({ subject: 'eve', search: 'phone' }))).to.have.length(1);
    expect(await all(devices.iterate({ search: 'tablet' }))).to.have.length(0);
    expect(await all(users.iterate({ search: 'a', authMethod: 'local' }))).to.have.length(3);
    expect(await all(audit.iterate({ group: 'd' }))).to.have.length(1);
    expect(await refusal(all(users.iterate({ search: '' })))).to.equal('ERR_QUERY');
    expect(await refusal(all(devices.iterate('eve' as never)))).to.equal('ERR_CONFIG');
  });

  it('refuse a device of a year that a database may not support', async () => {
    const [device] = await here.administration.devices.list();
    expect(device).to.not.equal(undefined);
    for (const createdAt of [new Date(Number.NaN), new Date('+010000-01-01T00:00:00Z'), '2026-11-30']) {
      expect(await refusal(lists.devices.list({ after: { ...device, createdAt } }))).to.equal('ERR_PAGE');
    }
  });

  it('have both mappings of a group, that of the directory first', async () => {
    const { mappings } = here.administration;
    const places = (await mappings.list()).map(({ group, source }) => `${group} ${source}`);
    expect(places).to.deep.equal(['a directory', 'b directory', 'b configuration', 'd directory', 'e configuration']);
    const [next] = await mappings.list({ after: { group: 'b', source: 'directory' }, limit: 1 });
    expect(next).to.deep.include({ group: 'b', source: 'configuration' });
  });
});

describe('an iteration', () => {
  /** A list of so many numbers, which records the pages that were read. */
  function numbers(count: number): { readonly read: string[]; readonly items: AsyncGenerator<number> } {
    const read: string[] = [];
    const items = eachItem({}, async (_filters, { after = 0, limit }: Page<number>) => {
      read.push(`${after}+${limit}`);
      return Array.from({ length: Math.min(limit, count - after) }, (_, index) => after + index + 1);
    });
    return { read, items };
  }

  it('reads a page only when its first item is asked for', async () => {
    const { read, items } = numbers(2500);
    expect(read).to.deep.equal([]);
    await items.next();
    for (let index = 1; index < 1000; index += 1) await items.next();
    expect(read).to.deep.equal(['0+1000']);
    expect(await items.next()).to.deep.equal({ done: false, value: 1001 });
    expect(read).to.deep.equal(['0+1000', '1000+1000']);
  });

  it('reads no further once the consumer breaks off', async () => {
    const { read, items } = numbers(2500);
    for await (const item of items) if (item === 1000) break;
    expect(await items.next()).to.deep.equal({ done: true, value: undefined });
    expect(read).to.deep.equal(['0+1000']);
  });

  it('ends with the page that is not full', async () => {
    for (const [count, pages] of [
      [0, 1],
      [999, 1],
      [1000, 2],
      [2500, 3],
    ] as const) {
      const { read, items } = numbers(count);
      expect(await all(items)).to.have.length(count);
      expect(read, String(count)).to.have.length(pages);
    }
  });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
