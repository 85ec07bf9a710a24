// Watched principals are refused as soon as they are no longer admitted, and cost nothing until then.
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { CacheClock } from '../../../src/directory/cache/clock.js';
import { type PrincipalWatch, principalWatch } from '../../../src/directory/resolution/principal-watch.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Journal } from '../../../src/vocabulary/journal.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import type { Device, Principal, PrincipalMethod, Provisioning } from '../../../src/vocabulary/types.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, pair } from '../../support/people.js';
import { counted, fallibleDirectory } from '../../support/ports.js';
import { until } from '../../support/processes.js';
import { type Simulation, simulation } from '../cache/model/simulation.js';

describe('principalWatch', () => {
  let directory: Directory;
  let state: SharedState;
  let elsewhere: Instance;
  const instances: Instance[] = [];
  const watches: PrincipalWatch[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
    elsewhere = start().here;
  });
  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.close();
    for (const { resolver } of instances.splice(0)) await resolver.close();
    await state.close();
  });

  function start(
    options: { directory?: Directory; state?: SharedState; provisioning?: Provisioning; clock?: CacheClock } = {},
  ) {
    const { provisioning = 'create' } = options;
    const here = instance({ directory, state, groupRoles, ...options });
    const watch = principalWatch({ ...here, provisioning, now: Date.now });
    instances.push(here);
    watches.push(watch);
    return { here, watch };
  }

  async function principal(method: PrincipalMethod, device?: Device): Promise<Principal> {
    const account = await elsewhere.resolver.resolve(alice);
    if (account === undefined) throw new Error('made on first sight');
    const { userId, subject, roles } = account;
    return { userId, subject, roles, method, ...(device === undefined ? {} : { deviceId: device.id }) };
  }
  const paired = async () => pair(directory, (await elsewhere.resolver.resolve(alice))?.userId);
  async function turns(): Promise<void> {
    for (let count = 0; count < 20; count += 1) await turn();
  }

  const { users, devices, mappings } = {
    users: () => elsewhere.administration.users,
    devices: () => elsewhere.administration.devices,
    mappings: () => elsewhere.administration.mappings,
  };
  const changes: readonly (readonly [string, PrincipalMethod, string, (device: Device) => Promise<unknown>])[] = [
    ['disabled', 'header', 'ERR_ACCOUNT_DISABLED', () => users().disable('alice')],
    ['disabled', 'session', 'ERR_ACCOUNT_DISABLED', () => users().disable('alice')],
    ['disabled', 'token', 'ERR_ACCOUNT_DISABLED', () => users().disable('alice')],
    ['set pending', 'header', 'ERR_ACCOUNT_PENDING', () => users().update('alice', { pending: true })],
    ['deleted', 'header', 'ERR_ACCOUNT_UNKNOWN', () => users().delete('alice')],
    ['deleted', 'token', 'ERR_ACCOUNT_UNKNOWN', () => users().delete('alice')],
    ['converted', 'header', 'ERR_ACCOUNT_LOCAL', () => users().convert('alice', 'local')],
    ['converted', 'session', 'ERR_ACCOUNT_LOCAL', () => users().convert('alice', 'local')],
    ['revoked', 'token', 'ERR_TOKEN_REVOKED', ({ id }) => devices().revoke('alice', id)],
    [
      'replaced',
      'header',
      'ERR_ACCOUNT_UNKNOWN',
      async () => {
        const removed = await directory.deleteUser('alice');
        await directory.provision(alice, 'active');
        await elsewhere.administration.invalidate('alice');
        return removed;
      },
    ],
  ];
  for (const [what, method, code, change] of changes) {
    it(`refuses with ${code} a principal who is ${what} on another instance, by ${method}`, async () => {
      const { watch } = start();
      const device = await paired();
      const codes: string[] = [];
      watch.watch(await principal(method, method === 'token' ? device : undefined), {
        onRefused: (refusal) => codes.push(refusal),
      });
      await turns();
      expect(codes).to.deep.equal([]);
      await change(device);
      await until('it is refused', () => codes.length > 0);
      await elsewhere.administration.invalidate('alice');
      await turns();
      expect(codes).to.deep.equal([code]);
    });
  }

  for (const change of [
    () => users().addRoles('alice', ['editor']),
    () => mappings().set('staff', ['editor']),
    () => state.delete(['u:alice', 'm']),
  ]) {
    it(`does not refuse a principal who is still admitted (${String(change).slice(6, 30)})`, async () => {
      const { watch } = start();
      const device = await paired();
      const codes: string[] = [];
      for (const method of ['header', 'session'] as const) {
        watch.watch(await principal(method), { onRefused: (refusal) => codes.push(refusal) });
      }
      watch.watch(await principal('token', device), { onRefused: (refusal) => codes.push(refusal) });
      await change();
      await turns();
      expect(codes).to.deep.equal([]);
      await users().disable('alice');
      await until('all are refused', () => codes.length === 3);
    });
  }

  it('does not refuse a token of a converted account, as its requests are not refused', async () => {
    const { watch } = start();
    const codes: string[] = [];
    watch.watch(await principal('token', await paired()), { onRefused: (refusal) => codes.push(refusal) });
    await users().convert('alice', 'local');
    await turns();
    expect(codes).to.deep.equal([]);
  });

  it('refuses a principal without roles in the mode mapped-groups-only', async () => {
    const { watch } = start({ provisioning: 'mapped-groups-only' });
    await mappings().set('guests', ['guest']);
    await directory.provision({ subject: 'gast', groups: ['guests'] }, 'active');
    const account = await elsewhere.resolver.find('gast');
    const codes: string[] = [];
    const { userId = '', roles = new Set<string>() } = account ?? {};
    watch.watch({ userId, subject: 'gast', roles, method: 'header' }, { onRefused: (code) => codes.push(code) });
    await turns();
    expect(codes).to.deep.equal([]);
    await mappings().delete('guests');
    await until('it is refused', () => codes.length === 1);
    expect(codes).to.deep.equal(['ERR_ACCOUNT_UNMAPPED']);
  });

  it('reports the roles each time they change, without refusing the principal', async () => {
    const { watch } = start();
    const told: string[][] = [];
    const codes: string[] = [];
    const who = await principal('header');
    const note = (roles: ReadonlySet<string>) => void told.push([...roles].sort());
    const stop = watch.watch(who, { onRefused: (code) => codes.push(code), onRolesChanged: note });
    await turns();
    expect(told).to.deep.equal([]);
    await users().addRoles('alice', ['editor']);
    await until('the granted role is told', () => told.length === 1);
    await mappings().set('staff', ['writer']);
    await until('the mapped role is told', () => told.length === 2);
    await mappings().set('others', ['reader']);
    await users().removeRoles('alice', ['editor']);
    await until('the lost role is told', () => told.length === 3);
    stop();
    await mappings().delete('staff');
    await turns();
    expect(told).to.deep.equal([
      ['editor', 'viewer'],
      ['editor', 'viewer', 'writer'],
      ['viewer', 'writer'],
    ]);
    expect(codes).to.deep.equal([]);
  });

  it('refuses a principal who was refused before the watch began, but not before watch has returned', async () => {
    const { watch } = start();
    const before = await principal('header');
    await users().disable('alice');
    let returned = false;
    const refused = new Promise<boolean>((resolve) => {
      watch.watch(before, { onRefused: () => resolve(returned) });
      returned = true;
    });
    expect(await refused).to.equal(true);
  });

  it('refuses when the device expires', async () => {
    const { watch } = start();
    const device = await paired();
    await directory.renewDevice(device.id, 1, new Date(), new Date(Date.now() + 50));
    const codes: string[] = [];
    watch.watch(await principal('token', device), { onRefused: (code) => codes.push(code) });
    await until('it is refused', () => codes.length === 1);
    expect(codes).to.deep.equal(['ERR_TOKEN_EXPIRED']);
  });

  it('does no look-ups while nothing changes, and none after the watch has ended', async () => {
    const ports = { directory: counted(directory), state: counted(state) };
    const { here, watch } = start({ directory: ports.directory.port, state: ports.state.port });
    const who = await principal('header');
    await here.resolver.find('alice');
    ports.directory.reset();
    ports.state.reset();
    const stops = Array.from({ length: 100 }, () => watch.watch(who, { onRefused: () => {} }));
    await turns();
    await users().create({ subject: 'bob', authMethod: 'proxy' });
    await turns();
    expect([ports.directory.count(), ports.state.count()]).to.deep.equal([0, 0]);
    await users().addRoles('alice', ['editor']);
    await turns();
    expect(ports.directory.count()).to.be.within(1, 2);
    for (const stop of stops) stop();
    ports.directory.reset();
    ports.state.reset();
    await users().disable('alice');
    await turns();
    expect([ports.directory.count(), ports.state.count()]).to.deep.equal([0, 0]);
  });

  it('looks up a few principals at a time when the mappings change for thousands', async () => {
    const running = { now: 0, most: 0 };
    const slow: Directory = {
      ...directory,
      async findUser(subject) {
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await turn();
        running.now -= 1;
        return directory.findUser(subject);
      },
    };
    const { watch } = start({ directory: slow });
    const left = new Set<string>();
    for (let index = 0; index < 2000; index += 1) {
      const subject = `user-${index}`;
      const { id: userId } = await directory.createUser({ subject, authMethod: 'proxy' });
      left.add(subject);
      watch.watch({ userId, subject, roles: new Set(), method: 'header' }, { onRefused: () => left.delete(subject) });
    }
    running.most = 0;
    await mappings().set('staff', ['x']);
    await users().disable('user-1999');
    await until('it is refused among them all', () => left.size === 1999);
    expect(running.most).to.be.within(1, 8);
  });

  it('looks up again when changes may go undetected, and reports them when they are detected again', async () => {
    const time = simulation(() => {});
    const { clock } = time.host('here', 1);
    const { journal } = directory;
    let journalDown = false;
    let lookUps = 0;
    const beat: Journal['beat'] = async (id, after) => {
      if (journalDown) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
      return journal?.beat(id, after);
    };
    const findUser: Directory['findUser'] = async (subject) => {
      lookUps += 1;
      return directory.findUser(subject);
    };
    elsewhere = start({ clock }).here;
    const { here, watch } = start({
      directory: { ...directory, findUser, journal: journal && { ...journal, beat } },
      clock,
    });
    const codes: string[] = [];
    watch.watch(await returned(time, principal('header')), { onRefused: (code) => codes.push(code) });
    await time.run(10_000);
    expect(here.cache.peek('u:alice')).not.to.equal(undefined);
    await state.delete(['u:alice']);
    lookUps = 0;
    journalDown = true;
    await time.run(10_000);
    expect(lookUps).to.equal(1);
    await returned(time, users().disable('alice'));
    expect([lookUps, codes]).to.deep.equal([1, []]);
    journalDown = false;
    await time.run(10_000);
    expect(codes).to.deep.equal(['ERR_ACCOUNT_DISABLED']);
    const told = here.events.map(({ type }) => type).filter((type) => type.startsWith('directory.'));
    expect(told).to.deep.equal(['directory.lost', 'directory.restored']);
  });

  it('refuses no principal if the directory does not answer', async () => {
    const fallible = fallibleDirectory(directory);
    const { watch } = start({ directory: fallible.directory });
    const codes: string[] = [];
    watch.watch(await principal('header'), { onRefused: (code) => codes.push(code) });
    await turns();
    fallible.mode = 'down';
    await users().disable('alice');
    await turns();
    expect(codes).to.deep.equal([]);
    fallible.mode = 'up';
    await until('it is refused', () => codes.length === 1, 10);
  });

  it('calls the other callbacks if one throws', async () => {
    const { watch } = start();
    const who = await principal('header');
    const codes: string[] = [];
    watch.watch(who, {
      onRefused() {
        throw new Error('a careless host');
      },
    });
    watch.watch(who, { onRefused: (code) => codes.push(code) });
    await users().disable('alice');
    await until('it is refused', () => codes.length === 1);
  });

  it('calls nothing after the watch has ended or is closed', async () => {
    const { watch } = start();
    const who = await principal('header');
    const codes: string[] = [];
    const stop = watch.watch(who, { onRefused: (code) => codes.push(code) });
    watch.watch(who, { onRefused: (code) => codes.push(code) });
    stop();
    stop();
    watch.close();
    await users().disable('alice');
    await turns();
    expect(codes).to.deep.equal([]);
  });
});

/** Advances the simulated time until the promise is settled. */
async function returned<Value>(time: Simulation, promise: Promise<Value>): Promise<Value> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await time.until(() => settled, 60_000);
  return promise;
}
