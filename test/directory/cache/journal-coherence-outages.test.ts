// Journal coherence during failures: no process relies on anything that is not confirmed.
import { expect } from 'chai';
import { type Followers, followers } from './model/followers.js';
import { times } from './model/stage.js';

describe('journal coherence in outages', () => {
  let on: Followers;

  beforeEach(() => {
    on = followers();
  });

  describe('while the database does not answer', () => {
    it('a process answers from memory for its reliance, then reports the loss, and answers again after recovery', async () => {
      const a = await on.one();
      a.link.set('cut');
      await on.time.run(times.reliance - times.heartbeat - 10);
      expect(a.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal([]);
      await on.time.run(times.heartbeat + 20);
      expect(a.coherence.relies()).to.equal(false);
      expect(a.told).to.deep.equal(['lost']);
      a.link.set('up');
      await on.time.run(times.heartbeat + 10);
      expect(a.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal(['lost', 'restored']);
    });

    it('a late answer counts from when the beat was sent', async () => {
      const a = await on.one();
      const answer = a.link.hold('beat', 'answer');
      await on.time.run(times.heartbeat);
      a.link.set('silent');
      await on.time.run(times.reliance - 500);
      answer();
      await on.time.run(10);
      expect(a.coherence.relies()).to.equal(true);
      await on.time.run(500);
      expect(a.coherence.relies()).to.equal(false);
    });

    it('a caller waits for an unanswered beat two heartbeats at most, and no second beat is sent', async () => {
      const a = await on.one();
      a.link.set('silent');
      await on.time.run(times.heartbeat);
      let answer: boolean | undefined;
      const ask = () =>
        void a.coherence.refresh().then((refreshed) => {
          answer = refreshed;
        });
      ask();
      await on.time.run(2 * times.heartbeat + 10);
      expect(answer).to.equal(false);
      answer = undefined;
      ask();
      await on.time.run(0);
      expect(answer).to.equal(false);
      await on.time.run(10 * times.heartbeat);
      expect(a.link.asked).to.deep.equal(['beat']);
    });

    it('a change returns after a wait', async () => {
      const a = await on.one();
      const call = a.change('u:alice');
      await on.time.run(2);
      a.link.set('silent');
      await on.time.run(times.wait - 10);
      expect(call.returned).to.equal(false);
      await on.time.run(20 + 2 * times.heartbeat);
      expect(call.returned).to.equal(true);
    });
  });

  describe('clocks', () => {
    it('end the reliance as soon as either of them has passed its end', async () => {
      const a = await on.one();
      a.host.setWall(times.reliance);
      expect(a.coherence.relies()).to.equal(false);
      await on.time.run(times.heartbeat);
      expect(a.coherence.relies()).to.equal(true);
      a.host.setWall(-times.reliance);
      await on.time.run(2 * times.heartbeat);
      expect(a.coherence.relies()).to.equal(true);
    });

    it('end the reliance while the process is stopped', async () => {
      const a = await on.one();
      a.host.stop();
      await on.time.run(times.reliance + 10);
      expect(a.coherence.relies()).to.equal(false);
    });

    it('end the reliance while the computer sleeps and its monotonic clock stops', async () => {
      const a = await on.one();
      a.host.suspend();
      await on.time.run(times.reliance + 10);
      expect(a.coherence.relies()).to.equal(false);
    });
  });

  describe('a change that may be carried out later', () => {
    it('is announced by its own row if the directory writes one', async () => {
      const [a, b] = await on.two();
      const before = on.db.data().rows.length;
      a.coherence.markPending(['u:alice']);
      await on.time.run(20);
      expect(on.db.data().rows).to.have.length(before);
      expect(b.link.asked).to.deep.equal([]);
      expect(a.coherence.holdMilliseconds()).to.be.above(400_000);
    });

    it('invalidates what is known about it until the next beat', async () => {
      const a = await on.one();
      a.coherence.markPending(['u:alice']);
      expect(a.told).to.deep.equal(['changed u:alice']);
      expect(a.coherence.judge(['u:alice'], a.coherence.position())).to.equal('ahead');
      expect(a.coherence.judge(['u:bob'], a.coherence.position())).to.equal('holds');
      await on.time.run(1);
      void a.coherence.refresh();
      await on.time.run(20);
      expect(a.coherence.judge(['u:alice'], a.coherence.position())).to.equal('holds');
    });

    it('is expected by all instances if it writes no row, so that entries are held for two seconds and not shared', async () => {
      const [a, b] = [on.start('A', { changesWriteRows: false }), on.start('B', { changesWriteRows: false })];
      await on.time.run(1100);
      a.coherence.markPending(['u:alice']);
      await on.time.run(20);
      const c = on.start('C', { changesWriteRows: false });
      await on.time.run(20);
      for (const { coherence } of [a, b, c]) {
        expect(coherence.holdMilliseconds()).to.equal(2000);
        expect(coherence.scope()).to.equal(undefined);
      }
      expect(b.told).to.include('changed u:alice,?');
      await on.time.run(720_000);
      expect(b.coherence.holdMilliseconds()).to.be.above(400_000);
      expect(b.coherence.scope()).to.equal(on.db.data().database);
    });
  });

  describe('an expelled process', () => {
    it('drops its entries, reports the loss, and joins again', async () => {
      const a = await on.one();
      const [id] = on.db.data().instances.keys();
      on.db.edit((data) => ({ ...data, instances: new Map() }));
      await on.time.run(times.heartbeat + 20);
      expect(a.told).to.deep.equal(['reset', 'lost', 'reset', 'restored']);
      expect(a.coherence.relies()).to.equal(true);
      expect([...on.db.data().instances.keys()]).to.have.length(1);
      expect([...on.db.data().instances.keys()]).not.to.include(id);
    });

    it('does the same if the journal is a different one', async () => {
      const [a, b] = await on.two();
      const backup = on.db.data();
      a.change('u:alice');
      await on.time.run(20);
      const lost = a.coherence.position();
      on.db.restore(backup);
      await on.time.run(times.heartbeat + 20);
      for (const { told: heard } of [a, b]) expect(heard.slice(1, 3)).to.deep.equal(['reset', 'lost']);
      expect(a.coherence.judge(['u:bob'], lost)).to.equal('outdated');
      await on.time.run(2 * times.wait);
      for (const { coherence } of [a, b]) expect(coherence.relies()).to.equal(true);
    });
  });
});
