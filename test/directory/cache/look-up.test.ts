// A look-up returns only values that are valid at its end, and reads nothing twice that it may use.
import { expect } from 'chai';
import type { Entry } from '../../../src/directory/cache/cache-entries.js';
import type { Coherence } from '../../../src/directory/cache/coherence.js';
import type { Verdict } from '../../../src/directory/cache/known-journal.js';
import { type LocalEntries, localEntries } from '../../../src/directory/cache/local-cache.js';
import { type CacheReader, type LookUpParts, lookUp } from '../../../src/directory/cache/look-up.js';
import type { PositionedEntry } from '../../../src/directory/cache/shared-cache.js';
import { singleFlight } from '../../../src/directory/cache/single-flight.js';
import { timedCoherence } from '../../../src/directory/cache/timed-coherence.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Device } from '../../../src/vocabulary/types.js';

const entryOf = (role: string): Entry => ({ kind: 'mapping', groupRoles: [{ group: 'staff', roles: [role] }] });
const at = (seq: number) => ({ seq, nonce: `nonce-${seq}` });

describe('look-up', () => {
  let asked: string[];
  let local: LocalEntries<Entry>;
  let shared: Map<string, PositionedEntry>;
  let relies: boolean;
  let answers: boolean;
  let known: number;
  let verdict: (keys: readonly string[], seq: number | undefined) => Verdict;
  let parts: LookUpParts;

  beforeEach(() => {
    asked = [];
    local = localEntries<Entry>(
      () => 0,
      () => [],
      10,
    );
    shared = new Map();
    relies = true;
    answers = true;
    known = 5;
    verdict = (_keys, seq = -1) => (seq > known ? 'ahead' : 'holds');
    const coherence: Coherence = {
      relies: () => relies,
      async refresh() {
        asked.push('refresh');
        if (answers) known += 1;
        return answers;
      },
      position: () => at(known),
      usesDirectoryPositions: true,
      judge: (keys, position) => verdict(keys, position?.seq),
      holdMilliseconds: () => 1000,
      scope: () => 'database',
      async saved(keys) {
        asked.push(`saved ${keys.join()}`);
      },
      markPending(keys) {
        asked.push(`markPending ${keys.join()}`);
      },
      async note(keys) {
        asked.push(`note ${keys.join()}`);
      },
      async everywhere() {
        asked.push('everywhere');
      },
      async close() {},
    };
    parts = {
      coherence,
      local,
      shared: {
        async get(_scope, keys) {
          asked.push(`get ${keys.join()}`);
          return keys.map((key) => shared.get(key));
        },
        async put(_scope, key, value) {
          asked.push(`put ${key} at ${value.position.seq}`);
        },
      },
      clock: { monotonic: () => 0, wall: () => 0, sleep: async () => {}, schedule: () => () => {} },
      limited: (read) => read(),
      flights: singleFlight(),
    };
  });

  /** Reads the mapping: from the caches, or else from a directory that returns this one. */
  const mappingFrom =
    (read: () => Promise<{ readonly entry: Entry; readonly seq?: number; readonly wrote?: readonly string[] }>) =>
    async (reader: CacheReader): Promise<Entry> => {
      const [cached] = await reader.get(['m'], () => true);
      if (cached !== undefined) return cached;
      return reader.load(async () => {
        asked.push('load');
        const { entry, seq, wrote = [] } = await read();
        return {
          value: entry,
          loaded: [{ key: 'm', entry, position: seq === undefined ? undefined : at(seq) }],
          wrote,
        };
      });
    };
  const given = (role: string, seq?: number) =>
    mappingFrom(async () => ({ entry: entryOf(role), ...(seq === undefined ? {} : { seq }) }));

  it('reads nothing else if memory holds the entries', async () => {
    local.set('m', entryOf('held'), 1000);
    expect(await lookUp(parts, given('loaded'))).to.deep.equal(entryOf('held'));
    expect(asked).to.deep.equal([]);
  });

  it('reads the entries that memory lacks from the shared state in one round trip, and keeps them in memory', async () => {
    shared.set('m', { entry: entryOf('shared'), position: at(5) });
    expect(await lookUp(parts, given('loaded'))).to.deep.equal(entryOf('shared'));
    expect(await lookUp(parts, given('loaded'))).to.deep.equal(entryOf('shared'));
    expect(asked).to.deep.equal(['get m']);
  });

  it('loads entries that no cache holds, and stores them in memory and in the shared state with their position', async () => {
    expect(await lookUp(parts, given('loaded', 4))).to.deep.equal(entryOf('loaded'));
    expect(await lookUp(parts, given('loaded anew', 4))).to.deep.equal(entryOf('loaded'));
    expect(asked).to.deep.equal(['get m', 'load', 'put m at 4']);
  });

  it('uses the position that was known before the read if the directory returns none', async () => {
    const reading = mappingFrom(async () => {
      known = 9;
      return { entry: entryOf('loaded') };
    });
    await lookUp(parts, reading);
    expect(asked).to.deep.equal(['get m', 'load', 'put m at 5']);
  });

  it('does not use outdated entries of the shared state', async () => {
    shared.set('m', { entry: entryOf('shared'), position: at(3) });
    verdict = (_keys, seq = -1) => (seq < 4 ? 'outdated' : 'holds');
    expect(await lookUp(parts, given('loaded', 5))).to.deep.equal(entryOf('loaded'));
  });

  it('reads the journal once before it uses an entry with a position ahead of its own', async () => {
    shared.set('m', { entry: entryOf('shared'), position: at(6) });
    expect(await lookUp(parts, given('loaded'))).to.deep.equal(entryOf('shared'));
    expect(asked).to.deep.equal(['get m', 'refresh']);
  });

  it('does not use an entry whose position is still ahead after that', async () => {
    shared.set('m', { entry: entryOf('shared'), position: at(40) });
    expect(await lookUp(parts, given('loaded', 6))).to.deep.equal(entryOf('loaded'));
    expect(asked).to.deep.equal(['get m', 'refresh', 'load', 'put m at 6']);
  });

  it('reads the journal before it judges a loaded value with a position ahead of its own', async () => {
    expect(await lookUp(parts, given('loaded', 6))).to.deep.equal(entryOf('loaded'));
    expect(asked).to.deep.equal(['get m', 'load', 'refresh', 'put m at 6']);
    expect(local.get('m')).to.deep.equal(entryOf('loaded'));
  });

  it('starts again if something that it read has changed in the meantime', async () => {
    let reading = 0;
    const load = mappingFrom(async () => {
      reading += 1;
      return { entry: entryOf(`reading ${reading}`), seq: reading };
    });
    verdict = (_keys, seq = -1) => (seq < 2 ? 'outdated' : 'holds');
    expect(await lookUp(parts, load)).to.deep.equal(entryOf('reading 2'));
    expect(asked).to.deep.equal(['get m', 'load', 'get m', 'load', 'put m at 2']);
  });

  it('reads only from the directory, and caches nothing, if the data changes again and again', async () => {
    verdict = () => 'outdated';
    expect(await lookUp(parts, given('loaded', 5))).to.deep.equal(entryOf('loaded'));
    expect(asked.filter((each) => each === 'load')).to.have.length(4);
    expect(asked).not.to.include('put m at 5');
    expect(local.get('m')).to.equal(undefined);
  });

  it('reads the journal before it answers from memory without a reliance', async () => {
    relies = false;
    local.set('m', entryOf('held'), 1000);
    expect(await lookUp(parts, given('loaded'))).to.deep.equal(entryOf('held'));
    expect(asked).to.deep.equal(['refresh']);
  });

  it('reads only from the directory, and caches nothing, if the journal does not answer', async () => {
    relies = false;
    answers = false;
    local.set('m', entryOf('held'), 1000);
    shared.set('m', { entry: entryOf('shared'), position: at(5) });
    expect(await lookUp(parts, given('loaded', 5))).to.deep.equal(entryOf('loaded'));
    expect(asked).to.deep.equal(['refresh', 'load']);
  });

  it('judges a device by its owner as well', async () => {
    const device = { id: 'phone', subject: 'alice' } as Device;
    shared.set('d:phone', { entry: { kind: 'device', device }, position: at(5) });
    verdict = (keys) => (keys.includes('u:alice') ? 'outdated' : 'holds');
    expect(await lookUp(parts, (reader) => reader.get(['d:phone'], () => true))).to.deep.equal([undefined]);
  });

  it('announces the changes of a read before it judges the result, without waiting for other processes', async () => {
    const writing = mappingFrom(async () => ({ entry: entryOf('loaded'), seq: 6, wrote: ['u:alice'] }));
    await lookUp(parts, writing);
    expect(asked).to.deep.equal(['get m', 'load', 'saved u:alice', 'refresh', 'put m at 6']);
  });

  describe('without a journal', () => {
    beforeEach(() => {
      const clock = { ...parts.clock, wall: () => 0, monotonic: () => 0 };
      const listener = { changed() {}, reset() {}, lost() {}, restored() {} };
      parts = { ...parts, clock, coherence: timedCoherence({ clock, listener }) };
    });

    it('reads once if the read itself changes the row, and keeps the value', async () => {
      const writing = mappingFrom(async () => ({ entry: entryOf('loaded'), wrote: ['m'] }));
      expect(await lookUp(parts, writing)).to.deep.equal(entryOf('loaded'));
      expect(asked).to.deep.equal(['load']);
      expect(local.get('m')).to.deep.equal(entryOf('loaded'));
    });

    it('reads again if this process changes the row during the read, whatever position the directory returns', async () => {
      let reads = 0;
      const overtaken = mappingFrom(async () => {
        reads += 1;
        if (reads === 1) void parts.coherence.saved(['m']);
        return { entry: entryOf(`reading ${reads}`), seq: 1_000_000, wrote: ['m'] };
      });
      expect(await lookUp(parts, overtaken)).to.deep.equal(entryOf('reading 2'));
      expect(local.get('m')).to.deep.equal(entryOf('reading 2'));
    });
  });

  it('reads further if the entry in memory is not usable', async () => {
    local.set('m', entryOf('held'), 1000);
    shared.set('m', { entry: entryOf('shared'), position: at(5) });
    const other = (entry: Entry) => entry.kind === 'mapping' && entry.groupRoles[0]?.roles[0] !== 'held';
    expect(await lookUp(parts, (reader) => reader.get(['m'], other))).to.deep.equal([entryOf('shared')]);
    expect(asked).to.deep.equal(['get m']);
  });

  it('shares a read with the calls that were made before it started, and with no others', async () => {
    const loaded: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const shares = (role: string) =>
      lookUp(parts, (reader) =>
        reader.loadShared('m', async () => {
          loaded.push(role);
          await held;
          return { key: 'm', entry: entryOf(role), position: at(5) };
        }),
      );
    const first = shares('first');
    await new Promise((resolve) => setImmediate(resolve));
    const later = [shares('second'), shares('third')];
    release();
    expect(await first).to.deep.equal(entryOf('first'));
    expect(await Promise.all(later)).to.deep.equal([entryOf('second'), entryOf('second')]);
    expect(loaded).to.deep.equal(['first', 'second']);
  });

  for (const [how, answering] of [
    ['', true],
    [', also if the journal does not answer', false],
  ] as const) {
    it(`marks as pending what a write with a lost answer may have changed${how}`, async () => {
      const writing = (code: 'ERR_DIRECTORY_UNAVAILABLE' | 'ERR_DIRECTORY_VALUE') =>
        lookUp(parts, (reader) => reader.write(['u:alice'], () => Promise.reject(new LatchkeyError(code)))).catch(
          (error: LatchkeyError) => error.code,
        );
      [relies, answers] = [answering, answering];
      expect(await writing('ERR_DIRECTORY_VALUE')).to.equal('ERR_DIRECTORY_VALUE');
      expect(asked).not.to.include('markPending u:alice');
      expect(await writing('ERR_DIRECTORY_UNAVAILABLE')).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      expect(asked).to.include('markPending u:alice');
    });
  }

  it('rejects as the directory does', async () => {
    const failing = lookUp(
      parts,
      mappingFrom(async () => {
        throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
      }),
    );
    expect(await failing.catch((error: LatchkeyError) => error.code)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
  });
});
