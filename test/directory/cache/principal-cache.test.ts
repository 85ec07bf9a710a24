// Writes through the cache: whatever the outcome, no process keeps using what the write may have changed.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { journalKeys } from '../../../src/vocabulary/journal.js';
import { instance } from '../../support/instances.js';
import { productIn } from './model/product.js';
import { type Stage, stage, times } from './model/stage.js';

const alice = { subject: 'alice' };
const aliceKey = journalKeys.user('alice');

describe('principal cache', () => {
  let on: Stage;

  beforeEach(async () => {
    on = stage(await productIn());
    await on.settle('A', 'B');
    for (const { link } of on.processes()) link.reset();
    on.state.reset();
  });

  afterEach(() => {
    expect(on.violations, on.trace.join('\n')).to.deep.equal([]);
  });

  const grant = (role: string) =>
    on.make('A', `grants ${role}`, ({ administration }) => administration.users.addRoles('alice', [role]));
  const holds = (name: string) => on.process(name).cache.peek(aliceKey) !== undefined;
  const asked = (name: string) => on.process(name).link.asked.filter((verb) => verb !== 'beat');

  it('answers from memory without a promise, a statement or a command', async () => {
    for (const question of [alice, { subject: 'alice', deviceId: 'phone' }]) {
      expect((await on.read('B', question)).warm).to.equal(true);
    }
    expect([...on.process('B').link.asked, ...on.state.asked]).to.deep.equal([]);
  });

  it('returns from a write once every process has dropped the older entries', async () => {
    expect(await grant('r1')).to.equal(undefined);
    expect(['A', 'B'].map(holds)).to.deep.equal([false, false]);
    expect(await on.ask('B', alice)).to.include('[r1]');
  });

  it('reloads dropped entries with one statement, and none in the other process if it gets them from the shared state', async () => {
    await grant('r1');
    await on.ask('A', alice);
    on.memory = (_name, _key, values) => values.at(-1);
    for (const { link } of on.processes()) link.reset();
    expect(await on.ask('B', alice)).to.include('[r1]');
    expect(asked('B')).to.deep.equal([]);
  });

  const writes: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['changed nothing', async () => 'nothing to do', 'nothing to do'],
    ['was refused', () => Promise.reject(new LatchkeyError('ERR_VERSION')), 'ERR_VERSION'],
  ];
  for (const [what, write, expected] of writes) {
    it(`also waits if a write ${what}, since an earlier one may have made the same change`, async () => {
      on.notices = false;
      await on.finish(on.process('A').renewal.renew('phone', 1, new Date(1), new Date(4_000_000_000_000)));
      let outcome: unknown;
      const writing = on.process('A').cache.writeThenInvalidate([aliceKey], write);
      void writing
        .catch((error: LatchkeyError) => error.code)
        .then((result) => {
          outcome = result;
        });
      await on.run(10);
      expect(outcome).to.equal(undefined);
      await on.run(times.heartbeat + 60);
      expect(outcome).to.equal(expected);
    });
  }

  it('does not wait if the outcome is unknown, and drops what may have changed', async () => {
    on.process('A').link.set('deaf');
    const began = on.simulation.now();
    expect(await grant('r1')).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    expect(on.simulation.now() - began).to.be.below(20);
    expect(holds('A')).to.equal(false);
    await on.run(times.heartbeat + 10);
    expect(await on.ask('B', alice)).to.include('[r1]');
  });

  it('drops what may have changed also after an error that is not the directory’s', async () => {
    const failing = on.process('A').cache.writeThenInvalidate([aliceKey], async () => {
      throw new Error('a mistake of the host');
    });
    expect(await on.finish(failing.catch((error: Error) => error.message))).to.equal('a mistake of the host');
    expect(holds('A')).to.equal(false);
  });

  it('makes all processes reload a user that the directory does not have', async () => {
    on.database.edit((data) => ({ ...data, users: new Map() }));
    expect(await on.ask('B', alice)).to.include('id-of-alice');
    const before = on.database.data().rows.length;
    expect(await grant('r1')).to.equal('ERR_USER_UNKNOWN');
    expect(
      on.database
        .data()
        .rows.slice(before)
        .map(({ keys }) => keys),
    ).to.deep.equal([[aliceKey]]);
    expect(await on.ask('B', alice)).to.equal('nobody');
  });

  it('makes all processes reload a user that an administrator looks up in vain', async () => {
    on.database.edit((data) => ({ ...data, users: new Map() }));
    const looking = on.process('A').administration.users.find('alice');
    expect(await on.finish(looking.catch((error: LatchkeyError) => error.code))).to.equal('ERR_USER_UNKNOWN');
    expect(await on.ask('B', alice)).to.equal('nobody');
  });

  it('announces a write without waiting if that is enough, and uses it itself immediately', async () => {
    on.notices = false;
    const renewing = on.process('A').renewal.renew('phone', 1, new Date(1), new Date(4_000_000_000_000));
    await on.finish(renewing, 20);
    expect(await on.ask('A', { subject: 'alice', deviceId: 'phone' })).to.include('phone 1+');
    expect(await on.ask('B', { subject: 'alice', deviceId: 'phone' })).to.include('phone 1 ');
    await on.run(times.heartbeat);
    expect(await on.ask('B', { subject: 'alice', deviceId: 'phone' })).to.include('phone 1+');
  });

  it('rejects if everything must be reloaded and the directory does not answer', async () => {
    on.process('A').link.set('cut');
    const invalidating = on.process('A').administration.invalidateAll();
    expect(await on.finish(invalidating.catch((error: LatchkeyError) => error.code))).to.equal(
      'ERR_DIRECTORY_UNAVAILABLE',
    );
  });

  it('notifies observers after it has dropped entries, in the order of the changes', async () => {
    const told: string[] = [];
    const { cache, administration } = on.process('B');
    const end = cache.observe({
      changed: (key) => told.push(`${key} ${holds('B')}`),
      lost: () => told.push('lost'),
      restored: () => told.push('restored'),
    });
    await grant('r1');
    await on.finish(administration.mappings.set('staff', ['m1']));
    await on.finish(administration.invalidateAll());
    on.process('B').link.set('cut');
    await on.run(times.reliance + 10);
    on.process('B').link.set('up');
    await on.run(times.heartbeat);
    expect(told).to.deep.equal([`${aliceKey} false`, 'm false', 'undefined false', 'lost', 'restored']);
    end();
    await grant('r2');
    expect(told).to.have.length(5);
  });

  it('reads from the directory after it is closed', async () => {
    await on.finish(on.process('B').resolver.close());
    on.process('B').link.reset();
    expect(await on.ask('B', alice)).to.include('id-of-alice');
    expect((await on.finish(on.read('B', alice))).warm).to.equal(false);
    expect(on.process('B').link.asked).to.include('findUser');
  });

  it('writes nothing if only the configuration differs, and keeps the entries of each', async () => {
    const c = on.start('C', { groupRoles: { staff: ['c'] } });
    await on.run(2 * times.wait);
    const { rows, users } = on.database.data();
    const asserted = { subject: 'alice', groups: ['staff'] };
    for (let turn = 0; turn < 5; turn += 1) {
      for (const { resolver } of [on.process('A'), c]) await on.finish(Promise.resolve(resolver.resolve(asserted)));
    }
    const after = on.database.data();
    expect(after.rows).to.equal(rows);
    expect(after.users).to.equal(users);
  });
});

describe('principal cache over a directory that cannot store every text', () => {
  const directory = memoryDirectory();
  const state = memoryState();
  const { administration, resolver } = instance({ directory, state });

  after(async () => {
    await resolver.close();
    await state.close();
  });

  it('finds no user by such a name, as by any unknown one', async () => {
    await resolver.resolve({ subject: 'alice', groups: [] });
    const calls: readonly Promise<unknown>[] = [
      administration.users.disable('a\0b'),
      administration.users.delete('\ud800'),
      administration.users.update('a\0b', { disabled: true }, { userId: 'of-another' }),
      administration.devices.rename('alice', '\0', 'Phone'),
      administration.devices.revoke('alice', '\0'),
    ];
    const codes = await Promise.all(calls.map((call) => call.catch((error: LatchkeyError) => error.code)));
    expect(codes).to.deep.equal([
      'ERR_USER_UNKNOWN',
      'ERR_USER_UNKNOWN',
      'ERR_VERSION',
      'ERR_DEVICE_UNKNOWN',
      'ERR_DEVICE_UNKNOWN',
    ]);
  });
});
