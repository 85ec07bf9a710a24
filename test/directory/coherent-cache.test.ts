// directory/coherent-cache: no value gets in that a change has overtaken, on every kind of shared state.
import { expect } from 'chai';
import { type CoherentCache, coherentCache, type Reading } from '../../src/directory/coherent-cache.js';
import { LatchkeyError } from '../../src/errors.js';
import type { SharedState } from '../../src/ports.js';
import type { LatchkeyEvent } from '../../src/types.js';
import { refusal } from '../support/people.js';
import { counted, fallibleState, gated } from '../support/ports.js';
import { until } from '../support/processes.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`coherentCache (${states.name})`, () => {
    const caches: CoherentCache<string>[] = [];

    before(() => states.start());
    after(() => states.stop());
    afterEach(async () => {
      for (const cache of caches.splice(0)) await cache.close();
      await states.clear();
    });

    function open(state: SharedState, onEvent: (event: LatchkeyEvent) => void = () => {}): CoherentCache<string> {
      const cache = coherentCache<string>({
        state,
        prefix: 'c:',
        codec: { encode: (value) => value, decode: (_key, text) => (text === 'unreadable' ? undefined : text) },
        now: Date.now,
        ttlSeconds: 600,
        localSeconds: 60,
        localEntries: 100,
        onEvent,
      });
      caches.push(cache);
      return cache;
    }

    async function connected(): Promise<CoherentCache<string>> {
      return settled(open(await states.connect()));
    }

    async function read(cache: CoherentCache<string>, key: string): Promise<Reading<string>> {
      const [reading] = await cache.read([key]);
      if (reading === undefined) throw new Error('a reading for each key');
      return reading;
    }

    /** Waits until the process holds what it reads: the watch is told of changes. */
    async function settled(cache: CoherentCache<string>): Promise<CoherentCache<string>> {
      await until('the process holds values', async () => {
        const reading = await read(cache, 'c:probe');
        if (reading.value === undefined) await cache.fill([{ reading, value: 'probe' }]);
        return cache.peek('c:probe') === 'probe';
      });
      return cache;
    }

    it('holds what it filled, and gives it to other processes in one round trip', async () => {
      const [one, other] = [await connected(), await connected()];
      expect(await one.fill([{ reading: await read(one, 'c:a'), value: '1' }])).to.equal('filled');
      expect(one.peek('c:a')).to.equal('1');
      expect(other.peek('c:a')).to.equal(undefined);
      await states.commands();
      expect((await read(other, 'c:a')).value).to.equal('1');
      expect(other.peek('c:a')).to.equal('1');
      expect(await states.commands()).to.equal(1);
      expect((await read(other, 'c:a')).value).to.equal('1');
    });

    it('replaces a value that it noted', async () => {
      const cache = await connected();
      await cache.fill([{ reading: await read(cache, 'c:a'), value: '1' }]);
      expect(await cache.fill([{ reading: await read(cache, 'c:a'), value: '2' }])).to.equal('filled');
      expect(cache.peek('c:a')).to.equal('2');
    });

    it('gives one of several readings the right to fill', async () => {
      const [one, other] = [await connected(), await connected()];
      const readings = [await read(one, 'c:a'), await read(other, 'c:a')] as const;
      expect(await one.fill([{ reading: readings[0], value: '1' }])).to.equal('filled');
      expect(await other.fill([{ reading: readings[1], value: '2' }])).to.equal('changed');
      expect((await read(other, 'c:a')).value).to.equal('1');
    });

    const changes: readonly (readonly [string, (cache: CoherentCache<string>) => Promise<void>])[] = [
      ['a drop', (cache) => cache.drop(['c:a'])],
      ['a flush', () => states.flush()],
    ];
    for (const [what, change] of changes) {
      it(`refuses a fill that ${what} has overtaken, from nothing as from a value`, async () => {
        const [one, other] = [await connected(), await connected()];
        const early = await read(one, 'c:a');
        await change(other);
        expect(await one.fill([{ reading: early, value: 'stale' }])).to.equal('changed');
        expect((await read(one, 'c:a')).value).to.equal(undefined);

        await one.fill([{ reading: await read(one, 'c:a'), value: 'old' }]);
        const noted = await read(one, 'c:a');
        await change(other);
        expect(await one.fill([{ reading: noted, value: 'stale' }])).to.equal('changed');
        expect((await read(one, 'c:a')).value).to.equal(undefined);
      });

      it(`refuses a fill after ${what} although somebody marked the key anew`, async () => {
        const [one, other] = [await connected(), await connected()];
        const early = await read(one, 'c:a');
        await change(other);
        await read(other, 'c:a');
        expect(await one.fill([{ reading: early, value: 'stale' }])).to.equal('changed');
      });

      it(`is forgotten everywhere after ${what}`, async () => {
        const [one, other] = [await connected(), await connected()];
        await one.fill([{ reading: await read(one, 'c:a'), value: '1' }]);
        await read(other, 'c:a');
        await change(other);
        if (what === 'a drop') expect(other.peek('c:a')).to.equal(undefined);
        await until('both forgot', () => one.peek('c:a') === undefined && other.peek('c:a') === undefined);
      });
    }

    it('is held by nobody once a drop everywhere has returned', async () => {
      const [one, other] = [await connected(), await connected()];
      for (let round = 0; round < 10; round += 1) {
        await one.fill([{ reading: await read(one, 'c:a'), value: '1' }]);
        await read(other, 'c:a');
        await other.dropEverywhere(['c:a']);
        expect([one.peek('c:a'), other.peek('c:a')]).to.deep.equal([undefined, undefined]);
      }
    });

    it('asks for confirmation of a drop everywhere only, after the markers are set, and once for many at once', async () => {
      const calls = counted(await states.connect());
      const cache = await settled(open(calls.port));
      await cache.fill([{ reading: await read(cache, 'c:a'), value: '1' }]);
      await cache.drop(['c:a']);
      expect(calls.count('confirm')).to.equal(0);
      const slow = gated(calls.port);
      const changing = await settled(open(slow.port));
      const held = slow.holdNext('put');
      const first = changing.dropEverywhere(['c:a']);
      await held.reached;
      expect(calls.count('confirm')).to.equal(0);
      held.release();
      await first;
      expect(calls.count('confirm')).to.equal(1);
      const asking = slow.holdNext('confirm');
      const under = changing.dropEverywhere(['c:a']);
      await asking.reached;
      calls.reset();
      const many = Array.from({ length: 20 }, (_, index) => changing.dropEverywhere([`c:${index}`]));
      await until('their markers are set', () => calls.count('put') === 20);
      asking.release();
      await Promise.all([under, ...many]);
      // The one that was under way may have begun before they were marked.
      expect(calls.count('confirm')).to.be.within(1, 2);
    });

    it('does not say that a drop is known everywhere where nobody could confirm it', async () => {
      const state = await states.connect();
      const cache = await settled(
        open({ ...state, confirm: () => Promise.reject(new LatchkeyError('ERR_STATE_UNAVAILABLE')) }),
      );
      await cache.fill([{ reading: await read(cache, 'c:a'), value: '1' }]);
      expect(await refusal(cache.dropEverywhere(['c:a']))).to.equal('ERR_CHANGE_NOT_SPREAD');
      expect((await read(cache, 'c:a')).value).to.equal(undefined);
    });

    it('does not hold what was dropped while it was on its way', async () => {
      const slow = gated(await states.connect());
      const cache = await settled(open(slow.port));
      const other = await connected();
      await other.fill([{ reading: await read(other, 'c:a'), value: 'old' }]);
      const held = slow.holdNext('get');
      const reading = cache.read(['c:a']);
      await held.reached;
      await cache.drop(['c:a']);
      held.release();
      expect((await reading)[0]?.value).to.equal('old');
      expect(cache.peek('c:a')).to.equal(undefined);
    });

    it('fills over what it does not understand', async () => {
      const state = await states.connect();
      const cache = await settled(open(state));
      for (const text of ['v1:unreadable', 'v0:other', 'noise', '']) {
        await state.put('c:a', text, 60);
        const reading = await read(cache, 'c:a');
        expect(reading.value, text).to.equal(undefined);
        expect(await cache.fill([{ reading, value: '1' }]), text).to.equal('filled');
      }
    });

    it('goes without the shared state while it is away', async () => {
      const fallible = fallibleState(await states.connect());
      const cache = await settled(open(fallible.state));
      const reading = await read(cache, 'c:a');
      fallible.down = true;
      expect(await cache.fill([{ reading, value: '1' }])).to.equal('unavailable');
      const away = await read(cache, 'c:a');
      expect([away.value, away.note]).to.deep.equal([undefined, undefined]);
      fallible.down = false;
      expect(await cache.fill([{ reading: away, value: '1' }])).to.equal('unavailable');
      expect(await cache.fill([{ reading, value: '1' }])).to.equal('filled');
    });

    it('owes a drop that the shared state did not take, and does not believe it until it has', async () => {
      const fallible = fallibleState(await states.connect());
      const cache = await settled(open(fallible.state));
      const other = await connected();
      await cache.fill([{ reading: await read(cache, 'c:a'), value: 'old' }]);
      fallible.down = true;
      expect(await refusal(cache.drop(['c:a']))).to.equal('ERR_CHANGE_NOT_SPREAD');
      expect(cache.peek('c:a')).to.equal(undefined);
      fallible.down = false;
      expect((await read(cache, 'c:a')).value).to.equal(undefined);
      expect((await read(other, 'c:a')).value).to.equal('old');
      await until('the debt is paid', async () => (await read(other, 'c:a')).value === undefined);
    });

    it('pays what it owes when the watch returns', async () => {
      const fallible = fallibleState(await states.connect());
      const cache = await settled(open(fallible.state));
      const other = await connected();
      await cache.fill([{ reading: await read(cache, 'c:a'), value: 'old' }]);
      fallible.lose();
      fallible.down = true;
      await cache.drop(['c:a']).catch(() => {});
      fallible.down = false;
      fallible.restore();
      await until('the debt is paid', async () => (await read(other, 'c:a')).value === undefined);
    });

    it('repeats its drops of late after a loss, since a failover may have undone them', async () => {
      const state = await states.connect();
      const fallible = fallibleState(state);
      const cache = await settled(open(fallible.state));
      const other = await connected();
      await cache.fill([{ reading: await read(cache, 'c:a'), value: 'old' }]);
      const [before = ''] = await state.get(['c:a']);
      await cache.drop(['c:a']);
      fallible.lose();
      await state.put('c:a', before, 600);
      expect((await read(cache, 'c:a')).value).to.equal(undefined);
      expect((await read(other, 'c:a')).value).to.equal('old');
      fallible.restore();
      await until('the drop is repeated', async () => (await read(other, 'c:a')).value === undefined);
    });

    it('holds nothing while the watch is lost, and says so once', async () => {
      const fallible = fallibleState(await states.connect());
      const events: string[] = [];
      const cache = await settled(open(fallible.state, (event) => events.push(event.type)));
      await cache.fill([{ reading: await read(cache, 'c:a'), value: '1' }]);
      fallible.lose();
      fallible.lose();
      expect(cache.peek('c:a')).to.equal(undefined);
      expect((await read(cache, 'c:a')).value).to.equal('1');
      expect(cache.peek('c:a')).to.equal(undefined);
      expect(await cache.fill([{ reading: await read(cache, 'c:a'), value: '2' }])).to.equal('filled');
      expect(cache.peek('c:a')).to.equal(undefined);
      fallible.restore();
      // The word of the last fill may come only now.
      await until('it holds again', async () => {
        expect((await read(cache, 'c:a')).value).to.equal('2');
        return cache.peek('c:a') === '2';
      });
      expect(events).to.deep.equal(['state.lost', 'state.restored']);
    });

    it('asks for many keys in one round trip', async () => {
      const calls = counted(await states.connect());
      const cache = await settled(open(calls.port));
      for (const key of ['c:a', 'c:b']) await cache.fill([{ reading: await read(cache, key), value: key }]);
      calls.reset();
      const readings = await cache.read(['c:a', 'c:b', 'c:probe']);
      expect(readings.map(({ value }) => value)).to.deep.equal(['c:a', 'c:b', 'probe']);
      expect(calls.count()).to.equal(1);
    });

    it('holds nothing any more once it is closed', async () => {
      const cache = await connected();
      await cache.close();
      expect(cache.peek('c:probe')).to.equal(undefined);
      await read(cache, 'c:probe');
      expect(cache.peek('c:probe')).to.equal(undefined);
    });
  });
}
