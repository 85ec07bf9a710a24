// Journal coherence in normal operation: when a process answers from memory, what that costs, and what it reports.
import { expect } from 'chai';
import { headOf } from './model/data.js';
import { type Followers, followers } from './model/followers.js';
import { times } from './model/stage.js';

describe('journal coherence', () => {
  let on: Followers;

  beforeEach(() => {
    on = followers();
  });

  describe('joining', () => {
    it('lets a process answer from memory immediately if there are no others', async () => {
      const { coherence, told: heard } = on.start('A');
      expect(coherence.relies()).to.equal(false);
      await on.time.run(20);
      expect(coherence.relies()).to.equal(true);
      expect(heard).to.deep.equal(['reset', 'restored']);
    });

    it('lets it answer from memory once all others know of it', async () => {
      const [a] = await on.two();
      on.notices = false;
      const c = on.start('C');
      await on.time.run(20);
      expect(c.coherence.relies()).to.equal(false);
      await on.time.run(1100);
      expect(c.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal(['changed j']);
    });

    it('lets it answer from memory after a wait if one of them does not respond, and expels that one', async () => {
      const [a, b] = await on.two();
      b.host.kill();
      const c = on.start('C');
      await on.time.run(times.wait - 50);
      expect(c.coherence.relies()).to.equal(false);
      await on.time.run(150);
      expect(c.coherence.relies()).to.equal(true);
      expect(on.db.data().instances.size).to.equal(2);
      expect(a.coherence.relies()).to.equal(true);
    });

    it('answers requests in the meantime with values that a beat confirms', async () => {
      const [, b] = await on.two();
      b.host.kill();
      const c = on.start('C');
      await on.time.run(100);
      let refreshed: boolean | undefined;
      void c.coherence.refresh().then((answer) => {
        refreshed = answer;
      });
      await on.time.run(10);
      expect(refreshed).to.equal(true);
      expect(c.coherence.judge(['u:alice'], c.coherence.position())).to.equal('holds');
    });

    it('is retried until the database answers', async () => {
      const a = on.start('A');
      a.link.set('cut');
      await on.time.run(5000);
      expect(a.coherence.relies()).to.equal(false);
      a.link.set('up');
      await on.time.run(1100);
      expect(a.coherence.relies()).to.equal(true);
    });
  });

  describe('without changes', () => {
    it('costs one statement per heartbeat and process', async () => {
      const members = await on.settled('A', 'B', 'C');
      await on.time.run(20 * times.heartbeat);
      for (const { link: ours, told: heard } of members) {
        expect(ours.asked).to.deep.equal(Array.from({ length: 20 }, () => 'beat'));
        expect(heard).to.deep.equal([]);
      }
    });

    it('prunes the journal once an hour', async () => {
      const a = await on.one();
      await on.time.run(3_600_000 - 3 * times.wait);
      expect(a.link.asked).not.to.include('prune');
      await on.time.run(3 * times.wait);
      expect(a.link.asked.filter((verb) => verb === 'prune')).to.have.length(1);
    });
  });

  describe('rows', () => {
    it('are read after a notice, in order, and acknowledged only after that', async () => {
      const [a, b] = await on.two();
      const call = a.change('u:alice', 'd:phone');
      await on.time.run(4);
      expect(b.told).to.deep.equal([]);
      await on.time.run(16);
      expect(call.returned).to.equal(true);
      expect(b.told).to.deep.equal(['changed u:alice,d:phone']);
      a.change('u:bob');
      await on.time.run(20);
      expect(b.told).to.deep.equal(['changed u:alice,d:phone', 'changed u:bob']);
      for (const { acknowledged } of on.db.data().instances.values())
        expect(acknowledged).to.equal(headOf(on.db.data()).seq);
    });

    it('are read within a heartbeat without a notice', async () => {
      const [a, b] = await on.two();
      on.notices = false;
      const call = a.change('u:alice');
      await on.time.run(times.heartbeat + 60);
      expect(call.returned).to.equal(true);
      expect(b.told).to.deep.equal(['changed u:alice']);
    });

    it('cost two statements when they are read', async () => {
      const [a, b] = await on.two();
      a.change('u:alice');
      await on.time.run(30);
      expect(b.link.asked).to.deep.equal(['beat', 'beat']);
    });

    it('are not read after a notice for another database', async () => {
      const a = await on.one();
      await on.state.port(on.time.host('elsewhere', 1)).publish('changes', 'another database');
      await on.time.run(20);
      expect(a.link.asked).to.deep.equal([]);
    });

    it('invalidate what was read before them, and nothing else', async () => {
      const [a, b] = await on.two();
      const before = b.coherence.position();
      a.change('u:alice');
      await on.time.run(20);
      expect(b.coherence.judge(['u:alice'], before)).to.equal('outdated');
      expect(b.coherence.judge(['u:bob'], before)).to.equal('holds');
      expect(b.coherence.judge(['u:alice'], b.coherence.position())).to.equal('holds');
      expect(b.coherence.judge(['u:alice'], undefined)).to.equal('outdated');
    });
  });

  describe('changes', () => {
    it('wait once for a process that does not respond, and expel it', async () => {
      const [a, b] = await on.two();
      b.host.kill();
      const first = a.change('u:alice');
      await on.time.run(times.wait - 10);
      expect(first.returned).to.equal(false);
      await on.time.run(50);
      expect(first.returned).to.equal(true);
      const second = a.change('u:alice');
      await on.time.run(20);
      expect(second.returned).to.equal(true);
    });

    it('wait if the process has just started, until all others must have read the journal', async () => {
      const a = on.start('A');
      await on.time.run(50);
      const call = a.change('u:alice');
      await on.time.run(times.look - 100);
      expect(call.returned).to.equal(false);
      await on.time.run(150);
      expect(call.returned).to.equal(true);
    });

    it('wait equally long if the process has not read the journal for a reliance', async () => {
      const a = await on.one();
      a.link.set('silent');
      await on.time.run(times.reliance + times.heartbeat);
      a.link.set('up');
      await on.time.run(5);
      const call = a.change('u:alice');
      await on.time.run(times.look - 100);
      expect(call.returned).to.equal(false);
      await on.time.run(150);
      expect(call.returned).to.equal(true);
    });

    it('write a journal row of their own if the directory does not', async () => {
      const a = on.start('A', { changesWriteRows: false });
      await on.time.run(20);
      const before = headOf(on.db.data()).seq;
      void a.coherence.saved(['u:alice']);
      await on.time.run(20);
      expect(headOf(on.db.data()).seq).to.equal(before + 1);
      expect(on.db.data().rows.at(-1)?.keys).to.deep.equal(['u:alice']);
    });
  });

  describe('messages', () => {
    it('report when they are lost and when they return, but not the first connection', async () => {
      const a = await on.one();
      a.subscriber?.lost();
      a.subscriber?.restored();
      expect(a.told).to.deep.equal(['misses messages', 'has messages']);
      await on.time.run(10);
      // Something may have been missed.
      expect(a.link.asked).to.deep.equal(['beat']);
    });
  });

  describe('in a single process', () => {
    const ended = { id: 'of-a-process-that-ended', beat: 7, acknowledged: 0, waitMilliseconds: 7222 };
    const plant = (beat: number): void =>
      on.db.edit((data) => ({ ...data, instances: new Map(data.instances).set(ended.id, { ...ended, beat }) }));

    it('changes and joins do not wait for the rows of ended processes', async () => {
      plant(7);
      const a = on.start('A', { singleProcess: true });
      await on.time.run(20);
      expect(a.coherence.relies()).to.equal(true);
      const call = a.change('u:alice');
      await on.time.run(20);
      expect(call.returned).to.equal(true);
      expect(a.told).to.deep.equal(['reset', 'restored', 'changed u:alice']);
    });

    it('rows whose beat has not changed for a wait are removed, and no others', async () => {
      plant(7);
      on.start('A', { singleProcess: true });
      await on.time.run(times.wait - 100);
      expect(on.db.data().instances.size).to.equal(2);
      await on.time.run(200);
      expect(on.db.data().instances.size).to.equal(1);
      plant(7);
      on.start('B', { singleProcess: true });
      await on.time.run(times.wait / 2);
      plant(8);
      await on.time.run(times.wait);
      expect(on.db.data().instances.has(ended.id)).to.equal(true);
    });

    it('instances wait for each other', async () => {
      const a = on.start('A', { singleProcess: true });
      const b = on.start('B', { singleProcess: true });
      await on.time.run(1100);
      on.notices = false;
      const call = a.change('u:alice');
      await on.time.run(20);
      expect(call.returned).to.equal(false);
      await on.time.run(times.heartbeat + 60);
      expect(call.returned).to.equal(true);
      expect(b.told).to.include('changed u:alice');
    });
  });

  describe('closing', () => {
    it('leaves nothing open, and removes its row', async () => {
      const a = await on.one();
      void a.coherence.close();
      expect(a.coherence.relies()).to.equal(false);
      await on.time.run(20);
      expect(on.db.data().instances.size).to.equal(0);
      a.link.reset();
      await on.time.run(20 * times.wait);
      expect(a.link.asked).to.deep.equal([]);
      expect(await a.coherence.refresh()).to.equal(false);
    });

    it('removes its row if it was about to join', async () => {
      const a = on.start('A');
      void a.coherence.close();
      await on.time.run(20);
      expect(on.db.data().instances.size).to.equal(0);
    });

    it('waits for an unresponsive database four seconds at most', async () => {
      const a = await on.one();
      a.link.set('silent');
      let done = false;
      void a.coherence.close().then(() => {
        done = true;
      });
      await on.time.run(3990);
      expect(done).to.equal(false);
      await on.time.run(20);
      expect(done).to.equal(true);
    });

    it('makes a running change wait for a whole wait', async () => {
      const [a, b] = await on.two();
      on.notices = false;
      const call = a.change('u:alice');
      await on.time.run(5);
      void a.coherence.close();
      await on.time.run(2 * times.heartbeat);
      expect(call.returned).to.equal(false);
      await on.time.run(times.wait);
      expect(call.returned).to.equal(true);
      expect(b.told).to.include('changed u:alice');
    });
  });
});
