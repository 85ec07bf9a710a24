// Whether a token is alive, by cached facts, by the records of this process, and by the directory.
import { expect } from 'chai';
import { type LivenessOptions, liveness, type TokenOwner } from '../../src/tokens/liveness.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { Device, User } from '../../src/vocabulary/types.js';
import { refusal } from '../support/people.js';

const day = 86_400_000;
const start = 1000 * day;

const facts = { id: 'd', userId: 'u', subject: 'ada', name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
const device: Device = {
  ...facts,
  createdAt: new Date(start),
  expiresAt: new Date(start + 365 * day),
  version: 1,
  serial: 1,
};
const none: readonly string[] = [];
const roles = { groups: none, managedRoles: none, grantedRoles: none };
const dates = { createdAt: new Date(start), updatedAt: new Date(start) };
const state = { authMethod: 'proxy', disabled: false, pending: false, version: 1 } as const;
const user: User = { id: 'u', subject: 'ada', ...state, ...roles, ...dates };
const owner: TokenOwner = { userId: 'u', authMethod: 'proxy' };

function setUp(options: Partial<LivenessOptions>) {
  const rows = new Map<string, { device: Device; user: User }>([[device.id, { device, user }]]);
  const calls: string[] = [];
  const events: LatchkeyEvent[] = [];
  const held: (() => void)[] = [];
  const setup = { at: start, rows, calls, events, held, hold: false };
  const directory: Pick<Directory, 'findDevice' | 'touchDevices' | 'touchUsers'> = {
    async findDevice(id) {
      calls.push('findDevice');
      if (setup.hold) await new Promise<void>((resolve) => held.push(resolve));
      return rows.get(id);
    },
    async touchDevices() {
      calls.push('touchDevices');
    },
    async touchUsers() {
      calls.push('touchUsers');
    },
  };
  const onEvent = (event: LatchkeyEvent) => void events.push(event);
  const alive = liveness({ directory, now: () => setup.at, onEvent, ...options });
  /** Stores a use of the device in the directory. */
  const usedAt = (at: number) => rows.set('d', { device: { ...device, lastUsedAt: new Date(at) }, user });
  /** Stores a login of the owner in the directory. */
  const assertedAt = (at: number) => rows.set('d', { device, user: { ...user, lastAssertedAt: new Date(at) } });
  return Object.assign(setup, { alive, usedAt, assertedAt });
}

describe('liveness of a device', () => {
  let setup: ReturnType<typeof setUp>;
  beforeEach(() => {
    setup = setUp({ idleDays: 10 });
  });
  afterEach(() => setup.alive.close());

  it('accepts what is alive by the cached facts, without a promise and without asking the directory', () => {
    setup.at += 10 * day - 1;
    expect(setup.alive.check(device, owner)).to.equal(undefined);
    setup.at += 5 * day;
    expect(setup.alive.check({ ...device, lastUsedAt: new Date(start + 8 * day) }, owner)).to.equal(undefined);
    expect(setup.calls).to.deep.equal([]);
  });

  it('refuses a device that is idle in the directory as well', async () => {
    setup.at += 10 * day;
    expect(await refusal(setup.alive.check(device, owner))).to.equal('ERR_TOKEN_EXPIRED');
    expect(setup.calls).to.deep.equal(['findDevice']);
  });

  it('accepts a device that was used elsewhere since it was cached, and asks only once', async () => {
    setup.at += 15 * day;
    setup.usedAt(setup.at - 9 * day);
    await setup.alive.check(device, owner);
    expect(setup.alive.check(device, owner)).to.equal(undefined);
    expect(setup.calls).to.deep.equal(['findDevice']);
    setup.at += day;
    expect(await refusal(setup.alive.check(device, owner))).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('accepts a device whose use this process has recorded but not written, without asking the directory', () => {
    setup.at += 3 * day;
    setup.alive.used(device, () => undefined);
    setup.at += 9 * day;
    expect(setup.alive.check(device, owner)).to.equal(undefined);
    expect(setup.calls).to.deep.equal([]);
  });

  it('refuses a device that does not exist', async () => {
    setup.at += 10 * day;
    setup.rows.clear();
    expect(await refusal(setup.alive.check(device, owner))).to.equal('ERR_TOKEN_INVALID');
  });

  it('shares one query among concurrent requests', async () => {
    setup.at += 15 * day;
    setup.usedAt(setup.at);
    setup.hold = true;
    const checks = Array.from({ length: 20 }, () => setup.alive.check(device, owner));
    for (const release of setup.held) release();
    await Promise.all(checks);
    expect(setup.calls).to.deep.equal(['findDevice']);
    setup.hold = false;
    await setup.alive.check({ ...device }, owner);
    expect(setup.calls).to.have.length(2);
  });

  it('writes a use at once after half of idleDays, and only once', async () => {
    setup.at += 5 * day - 1;
    setup.alive.used(device, () => undefined);
    expect(setup.calls).to.deep.equal([]);
    setup.at += 1;
    for (let count = 0; count < 5; count += 1) {
      setup.alive.used(device, () => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(setup.calls).to.deep.equal(['touchDevices']);
  });

  it('returns when the token expires if it is not used again', () => {
    expect(setup.alive.endsAt(device)).to.deep.equal(new Date(start + 10 * day));
    setup.at += 3 * day;
    setup.alive.used(device, () => undefined);
    expect(setup.alive.endsAt(device)).to.deep.equal(new Date(start + 13 * day));
    const old = { ...device, lastUsedAt: new Date(start + 360 * day) };
    expect(setup.alive.endsAt(old)).to.deep.equal(device.expiresAt);
  });

  it('is not limited without idleDays', () => {
    const unlimited = setUp({});
    unlimited.at += 10_000 * day;
    expect(unlimited.alive.check(device, owner)).to.equal(undefined);
    expect(unlimited.alive.endsAt(device)).to.deep.equal(device.expiresAt);
    unlimited.alive.used(device, () => undefined);
    unlimited.alive.asserted(owner);
    expect(unlimited.calls).to.deep.equal([]);
    return unlimited.alive.close();
  });
});

describe('liveness of an owner', () => {
  let setup: ReturnType<typeof setUp>;
  beforeEach(() => {
    setup = setUp({ suspendAfterDays: 7 });
  });
  afterEach(() => setup.alive.close());

  const seen = (at: number): TokenOwner => ({ ...owner, lastAssertedAtMs: at });

  it('accepts what is alive by the cached facts, without a promise and without asking the directory', () => {
    setup.at += 7 * day - 1;
    expect(setup.alive.check(device, seen(start))).to.equal(undefined);
    expect(setup.calls).to.deep.equal([]);
  });

  it('refuses if the directory has no later login, and sends an event', async () => {
    setup.at += 7 * day;
    setup.assertedAt(start);
    expect(await refusal(setup.alive.check(device, seen(start)))).to.equal('ERR_TOKEN_SUSPENDED');
    expect(setup.calls).to.deep.equal(['findDevice']);
    const { userId } = device;
    expect(setup.events).to.deep.equal([
      { type: 'login.refused', userId, subject: 'ada', code: 'ERR_TOKEN_SUSPENDED' },
    ]);
  });

  it('accepts after a login elsewhere since it was cached, and asks only once', async () => {
    setup.at += 12 * day;
    setup.assertedAt(setup.at - day);
    const account = seen(start);
    await setup.alive.check(device, account);
    expect(setup.alive.check(device, account)).to.equal(undefined);
    expect(setup.calls).to.deep.equal(['findDevice']);
  });

  it('accepts if this process has recorded a login, without asking the directory', () => {
    setup.at += 12 * day;
    const account = seen(start);
    setup.alive.asserted(account);
    setup.calls.length = 0;
    expect(setup.alive.check(device, account)).to.equal(undefined);
    expect(setup.calls).to.deep.equal([]);
  });

  it('counts from the pairing if no login is known, not from a later change of the row', async () => {
    setup.at += 7 * day - 1;
    expect(setup.alive.check(device, owner)).to.equal(undefined);
    setup.at += 1;
    setup.rows.set('d', { device, user: { ...user, version: 2, updatedAt: new Date(setup.at) } });
    expect(await refusal(setup.alive.check(device, owner))).to.equal('ERR_TOKEN_SUSPENDED');
  });

  it('counts from the login if one is known, even for a device that was paired later', async () => {
    setup.at += 7 * day;
    const later = { ...device, createdAt: new Date(start + 3 * day) };
    setup.rows.set('d', { device: later, user: { ...user, lastAssertedAt: new Date(start) } });
    expect(await refusal(setup.alive.check(later, seen(start)))).to.equal('ERR_TOKEN_SUSPENDED');
  });

  it('does not apply to local users', async () => {
    setup.at += 100 * day;
    expect(setup.alive.check(device, { ...owner, authMethod: 'local' })).to.equal(undefined);
    // The user was converted after the account was cached.
    setup.rows.set('d', { device, user: { ...user, authMethod: 'local' } });
    await setup.alive.check(device, owner);
  });

  it('is checked after the device: an idle device has expired', async () => {
    const both = setUp({ suspendAfterDays: 7, idleDays: 7 });
    both.at += 7 * day;
    expect(await refusal(both.alive.check(device, seen(start)))).to.equal('ERR_TOKEN_EXPIRED');
    await both.alive.close();
  });
});
