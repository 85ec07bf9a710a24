// Following the journal: when a process answers from memory, what it costs, and what it tells.
import { expect } from 'chai';
import type { Coherence } from '../../../src/directory/cache/coherence.js';
import { journalCoherence } from '../../../src/directory/cache/journal-coherence.js';
import type { SharedState, Subscriber } from '../../../src/ports.js';
import { type Data, headOf } from './model/data.js';
import { type Database, database } from './model/database.js';
import { type LinkControl, link } from './model/link.js';
import { type SimulatedState, simulatedState } from './model/shared-state.js';
import { type Host, type Simulation, simulation } from './model/simulation.js';
import { times } from './model/stage.js';

interface Member {
  readonly host: Host;
  readonly link: LinkControl;
  readonly coherence: Coherence;
  readonly told: string[];
  /** Whether the call with these keys has returned. */
  change(...keys: readonly string[]): { returned: boolean };
}

describe('journal coherence', () => {
  let time: Simulation;
  let db: Database;
  let state: SimulatedState;
  let bell: boolean;
  let told: string[];
  let subscriber: Subscriber | undefined;

  beforeEach(() => {
    time = simulation(() => {});
    bell = true;
    told = [];
    db = database({ committed() {}, noted() {}, restored() {} }, new Set());
    state = simulatedState(time, {
      answer: () => undefined,
      fate: () => ({ fails: false, delay: 1 }),
      deliveries: () => (bell ? [1] : []),
    });
  });

  function start(
    name: string,
    options: { readonly singleProcess?: boolean; readonly changesWriteRows?: boolean } = {},
  ): Member {
    const { singleProcess = false, changesWriteRows = true } = options;
    const host = time.host(name, 1);
    const fate = () => ({ request: 1, answer: 1, outcome: 'answered' }) as const;
    const ours = link({ simulation: time, host, fate, call: () => undefined });
    const heard: string[] = [];
    const simulated = state.port(host);
    const port: SharedState = {
      ...simulated,
      singleProcess,
      subscribe(channel, given) {
        subscriber = given;
        return simulated.subscribe(channel, given);
      },
    };
    const coherence = journalCoherence({
      journal: db.directory(ours).journal,
      changesWriteRows,
      state: port,
      clock: host.clock,
      outageToleranceSeconds: 5,
      ttlSeconds: 600,
      listener: {
        changed: (keys) => heard.push(`changed ${keys.join()}`),
        reset: () => heard.push('reset'),
        lost: () => heard.push('lost'),
        restored: () => heard.push('restored'),
      },
      messages: { lost: () => told.push(`${name} misses messages`), restored: () => told.push(`${name} has messages`) },
    });
    return {
      host,
      link: ours,
      coherence,
      told: heard,
      change(...keys) {
        const call = { returned: false };
        void coherence
          .note(keys)
          .then(({ afterwards }) => afterwards())
          .then(() => {
            call.returned = true;
          });
        return call;
      },
    };
  }

  /** Processes that answer from memory, and are past the time in which their changes wait. */
  async function settled(...names: readonly string[]): Promise<readonly Member[]> {
    const members: Member[] = [];
    for (const name of names) {
      members.push(start(name));
      await time.run(20);
    }
    await time.run(2 * times.wait);
    for (const member of members) {
      member.link.reset();
      member.told.splice(0);
    }
    return members;
  }

  const one = async (): Promise<Member> => (await settled('A'))[0] as Member;
  const two = async (): Promise<readonly [Member, Member]> => (await settled('A', 'B')) as unknown as [Member, Member];

  describe('joining', () => {
    it('lets a process answer from memory at once where there are no others', async () => {
      const { coherence, told: heard } = start('A');
      expect(coherence.relies()).to.equal(false);
      await time.run(20);
      expect(coherence.relies()).to.equal(true);
      expect(heard).to.deep.equal(['reset', 'restored']);
    });

    it('lets it answer from memory once all others know of it', async () => {
      const [a] = await two();
      bell = false;
      const c = start('C');
      await time.run(20);
      expect(c.coherence.relies()).to.equal(false);
      await time.run(1100);
      expect(c.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal(['changed j']);
    });

    it('lets it answer from memory after a wait where one of them is not heard of, and gives that one up', async () => {
      const [a, b] = await two();
      b.host.kill();
      const c = start('C');
      await time.run(times.wait - 50);
      expect(c.coherence.relies()).to.equal(false);
      await time.run(150);
      expect(c.coherence.relies()).to.equal(true);
      expect(db.data().instances.size).to.equal(2);
      expect(a.coherence.relies()).to.equal(true);
    });

    it('answers requests meanwhile with what a beat confirms', async () => {
      const [, b] = await two();
      b.host.kill();
      const c = start('C');
      await time.run(100);
      let refreshed: boolean | undefined;
      void c.coherence.refresh().then((answer) => {
        refreshed = answer;
      });
      await time.run(10);
      expect(refreshed).to.equal(true);
      expect(c.coherence.judge(['u:alice'], c.coherence.position())).to.equal('holds');
    });

    it('is tried again until the database answers', async () => {
      const a = start('A');
      a.link.set('cut');
      await time.run(5000);
      expect(a.coherence.relies()).to.equal(false);
      a.link.set('up');
      await time.run(1100);
      expect(a.coherence.relies()).to.equal(true);
    });
  });

  describe('at rest', () => {
    it('costs one statement a heartbeat and process', async () => {
      const members = await settled('A', 'B', 'C');
      await time.run(20 * times.heartbeat);
      for (const { link: ours, told: heard } of members) {
        expect(ours.asked).to.deep.equal(Array.from({ length: 20 }, () => 'beat'));
        expect(heard).to.deep.equal([]);
      }
    });

    it('prunes the journal once an hour', async () => {
      const a = await one();
      await time.run(3_600_000 - 3 * times.wait);
      expect(a.link.asked).not.to.include('prune');
      await time.run(3 * times.wait);
      expect(a.link.asked.filter((verb) => verb === 'prune')).to.have.length(1);
    });
  });

  describe('rows', () => {
    it('are heard of with the bell, in order, and acknowledged only after that', async () => {
      const [a, b] = await two();
      const call = a.change('u:alice', 'd:phone');
      await time.run(4);
      expect(b.told).to.deep.equal([]);
      await time.run(16);
      expect(call.returned).to.equal(true);
      expect(b.told).to.deep.equal(['changed u:alice,d:phone']);
      a.change('u:bob');
      await time.run(20);
      expect(b.told).to.deep.equal(['changed u:alice,d:phone', 'changed u:bob']);
      for (const { acknowledged } of db.data().instances.values()) expect(acknowledged).to.equal(headOf(db.data()).seq);
    });

    it('are heard of within a heartbeat without the bell', async () => {
      const [a, b] = await two();
      bell = false;
      const call = a.change('u:alice');
      await time.run(times.heartbeat + 60);
      expect(call.returned).to.equal(true);
      expect(b.told).to.deep.equal(['changed u:alice']);
    });

    it('cost two statements where they are heard of', async () => {
      const [a, b] = await two();
      a.change('u:alice');
      await time.run(30);
      expect(b.link.asked).to.deep.equal(['beat', 'beat']);
    });

    it('are not read for the bell of another database', async () => {
      const a = await one();
      await state.port(time.host('elsewhere', 1)).publish('bell', 'another database');
      await time.run(20);
      expect(a.link.asked).to.deep.equal([]);
    });

    it('outdate what was read before them, and nothing else', async () => {
      const [a, b] = await two();
      const before = b.coherence.position();
      a.change('u:alice');
      await time.run(20);
      expect(b.coherence.judge(['u:alice'], before)).to.equal('outdated');
      expect(b.coherence.judge(['u:bob'], before)).to.equal('holds');
      expect(b.coherence.judge(['u:alice'], b.coherence.position())).to.equal('holds');
      expect(b.coherence.judge(['u:alice'], undefined)).to.equal('outdated');
    });
  });

  describe('while the database is away', () => {
    it('a process answers from memory for as long as it may, then says so, and again once it is back', async () => {
      const a = await one();
      a.link.set('cut');
      await time.run(times.reliance - times.heartbeat - 10);
      expect(a.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal([]);
      await time.run(times.heartbeat + 20);
      expect(a.coherence.relies()).to.equal(false);
      expect(a.told).to.deep.equal(['lost']);
      a.link.set('up');
      await time.run(times.heartbeat + 10);
      expect(a.coherence.relies()).to.equal(true);
      expect(a.told).to.deep.equal(['lost', 'restored']);
    });

    it('an answer that comes late counts from when it was asked for', async () => {
      const a = await one();
      const answer = a.link.hold('beat', 'answer');
      await time.run(times.heartbeat);
      a.link.set('silent');
      await time.run(times.reliance - 500);
      answer();
      await time.run(10);
      expect(a.coherence.relies()).to.equal(true);
      await time.run(500);
      expect(a.coherence.relies()).to.equal(false);
    });

    it('nobody waits for a beat without an answer for longer than two heartbeats, and no second one is asked', async () => {
      const a = await one();
      a.link.set('silent');
      await time.run(times.heartbeat);
      let answer: boolean | undefined;
      const ask = () =>
        void a.coherence.refresh().then((refreshed) => {
          answer = refreshed;
        });
      ask();
      await time.run(2 * times.heartbeat + 10);
      expect(answer).to.equal(false);
      answer = undefined;
      ask();
      await time.run(0);
      expect(answer).to.equal(false);
      await time.run(10 * times.heartbeat);
      expect(a.link.asked).to.deep.equal(['beat']);
    });

    it('a change returns after a wait', async () => {
      const a = await one();
      const call = a.change('u:alice');
      await time.run(2);
      a.link.set('silent');
      await time.run(times.wait - 10);
      expect(call.returned).to.equal(false);
      await time.run(20 + 2 * times.heartbeat);
      expect(call.returned).to.equal(true);
    });
  });

  describe('clocks', () => {
    it('end reliance where one of them says so', async () => {
      const a = await one();
      a.host.setWall(times.reliance);
      expect(a.coherence.relies()).to.equal(false);
      await time.run(times.heartbeat);
      expect(a.coherence.relies()).to.equal(true);
      a.host.setWall(-times.reliance);
      await time.run(2 * times.heartbeat);
      expect(a.coherence.relies()).to.equal(true);
    });

    it('end reliance while the process is stopped', async () => {
      const a = await one();
      a.host.stop();
      await time.run(times.reliance + 10);
      expect(a.coherence.relies()).to.equal(false);
    });

    it('end reliance while the computer sleeps and its monotonic clock stands still', async () => {
      const a = await one();
      a.host.suspend();
      await time.run(times.reliance + 10);
      expect(a.coherence.relies()).to.equal(false);
    });
  });

  describe('changes', () => {
    it('wait for one that is not heard of, once, and give it up', async () => {
      const [a, b] = await two();
      b.host.kill();
      const first = a.change('u:alice');
      await time.run(times.wait - 10);
      expect(first.returned).to.equal(false);
      await time.run(50);
      expect(first.returned).to.equal(true);
      const second = a.change('u:alice');
      await time.run(20);
      expect(second.returned).to.equal(true);
    });

    it('wait for a wait by a process that began less than one ago', async () => {
      const a = start('A');
      await time.run(50);
      const call = a.change('u:alice');
      await time.run(times.wait - 100);
      expect(call.returned).to.equal(false);
      await time.run(150);
      expect(call.returned).to.equal(true);
    });

    it('write a row of their own where the directory does not', async () => {
      const a = start('A', { changesWriteRows: false });
      await time.run(20);
      const before = headOf(db.data()).seq;
      a.coherence.saved(['u:alice']);
      await time.run(20);
      expect(headOf(db.data()).seq).to.equal(before + 1);
      expect(db.data().rows.at(-1)?.keys).to.deep.equal(['u:alice']);
    });
  });

  describe('a change that may be carried out later', () => {
    it('is told of by its own row where the directory writes one', async () => {
      const [a, b] = await two();
      const before = db.data().rows.length;
      a.coherence.doubted(['u:alice']);
      await time.run(20);
      expect(db.data().rows).to.have.length(before);
      expect(b.link.asked).to.deep.equal(['beat']);
      expect(a.coherence.holdMilliseconds()).to.be.above(400_000);
    });

    it('is expected by all instances where it writes none, so entries are held for two seconds, and not shared', async () => {
      const [a, b] = [start('A', { changesWriteRows: false }), start('B', { changesWriteRows: false })];
      await time.run(1100);
      a.coherence.doubted(['u:alice']);
      await time.run(20);
      const c = start('C', { changesWriteRows: false });
      await time.run(20);
      for (const { coherence } of [a, b, c]) {
        expect(coherence.holdMilliseconds()).to.equal(2000);
        expect(coherence.scope()).to.equal(undefined);
      }
      expect(b.told).to.include('changed u:alice,?');
      await time.run(720_000);
      expect(b.coherence.holdMilliseconds()).to.be.above(400_000);
      expect(b.coherence.scope()).to.equal(db.data().database);
    });
  });

  describe('a process that was given up', () => {
    it('drops what it holds, says so, and joins anew', async () => {
      const a = await one();
      const [id] = db.data().instances.keys();
      db.edit((data) => ({ ...data, instances: new Map() }));
      await time.run(times.heartbeat + 20);
      expect(a.told).to.deep.equal(['reset', 'lost', 'reset', 'restored']);
      expect(a.coherence.relies()).to.equal(true);
      expect([...db.data().instances.keys()]).to.have.length(1);
      expect([...db.data().instances.keys()]).not.to.include(id);
    });

    it('does the same where the journal is another one', async () => {
      const [a, b] = await two();
      const backup: Data = db.data();
      a.change('u:alice');
      await time.run(20);
      const lost = a.coherence.position();
      db.restore(backup);
      await time.run(times.heartbeat + 20);
      for (const { told: heard } of [a, b]) expect(heard.slice(1, 3)).to.deep.equal(['reset', 'lost']);
      expect(a.coherence.judge(['u:bob'], lost)).to.equal('outdated');
      await time.run(2 * times.wait);
      for (const { coherence } of [a, b]) expect(coherence.relies()).to.equal(true);
    });
  });

  describe('messages', () => {
    it('are told of when they are lost and come back, not when they come first', async () => {
      const a = await one();
      expect(told).to.deep.equal([]);
      subscriber?.lost();
      subscriber?.restored();
      expect(told).to.deep.equal(['A misses messages', 'A has messages']);
      await time.run(10);
      // Something may have been missed.
      expect(a.link.asked).to.deep.equal(['beat']);
      expect(a.told).to.deep.equal([]);
    });
  });

  describe('in a single process', () => {
    const ended = { id: 'of-a-process-that-ended', beat: 7, acknowledged: 0, waitMilliseconds: 7222 };
    const plant = (beat: number): void =>
      db.edit((data) => ({ ...data, instances: new Map(data.instances).set(ended.id, { ...ended, beat }) }));

    it('nobody waits for rows of processes that ended, nor for a beginning', async () => {
      plant(7);
      const a = start('A', { singleProcess: true });
      await time.run(20);
      expect(a.coherence.relies()).to.equal(true);
      const call = a.change('u:alice');
      await time.run(20);
      expect(call.returned).to.equal(true);
      expect(a.told).to.deep.equal(['reset', 'restored', 'changed u:alice']);
    });

    it('rows that have not moved for a wait are taken away, and no others', async () => {
      plant(7);
      start('A', { singleProcess: true });
      await time.run(times.wait - 100);
      expect(db.data().instances.size).to.equal(2);
      await time.run(200);
      expect(db.data().instances.size).to.equal(1);
      plant(7);
      start('B', { singleProcess: true });
      await time.run(times.wait / 2);
      plant(8);
      await time.run(times.wait);
      expect(db.data().instances.has(ended.id)).to.equal(true);
    });

    it('instances wait for each other', async () => {
      const a = start('A', { singleProcess: true });
      const b = start('B', { singleProcess: true });
      await time.run(1100);
      bell = false;
      const call = a.change('u:alice');
      await time.run(20);
      expect(call.returned).to.equal(false);
      await time.run(times.heartbeat + 60);
      expect(call.returned).to.equal(true);
      expect(b.told).to.include('changed u:alice');
    });
  });

  describe('closing', () => {
    it('leaves nothing open, and takes its row back', async () => {
      const a = await one();
      void a.coherence.close();
      expect(a.coherence.relies()).to.equal(false);
      await time.run(20);
      expect(db.data().instances.size).to.equal(0);
      a.link.reset();
      await time.run(20 * times.wait);
      expect(a.link.asked).to.deep.equal([]);
      expect(await a.coherence.refresh()).to.equal(false);
    });

    it('takes its row back where it was about to join', async () => {
      const a = start('A');
      void a.coherence.close();
      await time.run(20);
      expect(db.data().instances.size).to.equal(0);
    });

    it('waits no longer than a heartbeat for a database that does not answer', async () => {
      const a = await one();
      a.link.set('silent');
      let done = false;
      void a.coherence.close().then(() => {
        done = true;
      });
      await time.run(times.heartbeat + 10);
      expect(done).to.equal(true);
    });

    it('makes a change that is under way wait for a wait', async () => {
      const [a, b] = await two();
      bell = false;
      const call = a.change('u:alice');
      await time.run(5);
      void a.coherence.close();
      await time.run(2 * times.heartbeat);
      expect(call.returned).to.equal(false);
      await time.run(times.wait);
      expect(call.returned).to.equal(true);
      expect(b.told).to.include('changed u:alice');
    });
  });
});
