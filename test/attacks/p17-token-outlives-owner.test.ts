// P17: a token outlives its owner: the proxy does not log the user in any more, but the device still has access.
import { expect } from 'chai';
import type { SessionMode } from '../../src/index.js';
import {
  day,
  hour,
  type LivingInstance,
  type LivingRig,
  livingRig,
  minute,
  tokenOptions,
} from '../support/living-rig.js';
import { until } from '../support/processes.js';

const suspendAfterDays = 7;
const tokens = { ...tokenOptions, suspendAfterDays };

describe('P17: a token whose owner does not log in any more', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance;
  let phone: { id: string; token: string };
  beforeEach(async () => {
    rig = livingRig();
    one = await rig.start({ tokens });
    two = await rig.start({ tokens });
    expect((await login(one)).status).to.equal(200);
    await until('the login is written', async () => (await lastAssertedAt()) === rig.clock.now);
    phone = await rig.pair('ada');
  });
  afterEach(() => rig.stop());

  const login = (instance: LivingInstance) => instance.ask('/who', { user: 'ada' });
  const at = (instance: LivingInstance) => instance.ask('/api/who', { token: phone.token });
  const lastAssertedAt = async (subject = 'ada') =>
    (await rig.database.directory.findUser(subject))?.lastAssertedAt?.getTime();

  it('is suspended: 403, so that the app keeps it', async () => {
    rig.clock.now += suspendAfterDays * day - 1;
    expect((await at(one)).status).to.equal(200);
    rig.clock.now += 1;
    for (const instance of [one, two]) {
      const answer = await at(instance);
      expect(answer.json).to.include({ code: 'ERR_TOKEN_SUSPENDED', status: 403 });
      expect(answer.headers).not.to.have.property('www-authenticate');
    }
    const userId = (await rig.database.directory.findUser('ada'))?.id;
    expect(rig.events).to.deep.include({ type: 'login.refused', userId, subject: 'ada', code: 'ERR_TOKEN_SUSPENDED' });
    // A refused request is not a use, so `idleDays` ends the token of a user who never returns.
    for (const { auth } of [one, two]) await auth.close();
    const row = await rig.database.directory.findDevice(phone.id);
    expect(row?.device.lastUsedAt).to.deep.equal(new Date(rig.clock.now - 1));
  });

  it('works again after the next login, on every instance', async () => {
    for (const instance of [one, two]) await at(instance);
    rig.clock.now += suspendAfterDays * day;
    for (const instance of [one, two]) expect((await at(instance)).status).to.equal(403);
    await login(one);
    expect((await at(one)).status).to.equal(200);
    await until('the login is written', async () => (await lastAssertedAt()) === rig.clock.now);
    expect((await at(two)).status).to.equal(200);
  });

  it('is never suspended while the owner logs in regularly, even with cached values from the first day', async () => {
    for (const instance of [one, two]) await at(instance);
    for (let days = 0; days < 30; days += 3) {
      rig.clock.now += 3 * day;
      await login(one);
      await one.auth.close();
      one = await rig.start({ tokens });
      for (const instance of [one, two]) expect((await at(instance)).status, `day ${days}`).to.equal(200);
    }
  });

  it('gets 503, not 401 or 403, if the directory is unavailable', async () => {
    await at(one);
    rig.clock.now += suspendAfterDays * day;
    rig.database.mode = 'down';
    expect((await at(one)).json).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503 });
  });

  it('causes no calls of the ports while the owner logs in', async () => {
    for (let count = 0; count < 3; count += 1) {
      await login(one);
      await at(one);
    }
    rig.directory.reset();
    rig.state.reset();
    expect([(await login(one)).status, (await at(one)).status]).to.deep.equal([200, 200]);
    expect([rig.directory.count(), rig.state.count()]).to.deep.equal([0, 0]);
  });

  it('is suspended a period after its pairing if no login is known, even if the row has changed', async () => {
    const plain = await rig.start();
    await plain.ask('/who', { user: 'grace' });
    phone = await rig.pair('grace');
    expect(await lastAssertedAt('grace')).to.equal(undefined);
    rig.clock.now += suspendAfterDays * day - 1;
    expect((await at(one)).status).to.equal(200);
    await one.auth.users.addRoles('grace', ['auditor']);
    rig.clock.now += 1;
    expect((await at(one)).json).to.include({ code: 'ERR_TOKEN_SUSPENDED' });
  });

  it('is never suspended for local users', async () => {
    await one.auth.users.create({ subject: 'root', authMethod: 'local' });
    phone = await rig.pair('root');
    rig.clock.now += 100 * day;
    expect((await at(one)).status).to.equal(200);
  });

  it('is never suspended without the option, and no login is written', async () => {
    const plain = await rig.start();
    await plain.ask('/who', { user: 'grace' });
    rig.directory.reset();
    for (let days = 0; days < 30; days += 1) {
      rig.clock.now += day;
      await plain.ask('/who', { user: 'grace' });
      expect((await at(plain)).status).to.equal(200);
    }
    await plain.auth.close();
    expect(rig.directory.count('touchUsers')).to.equal(0);
  });

  it('is kept by logins, which are written later and do not change the row', async () => {
    const before = await rig.database.directory.findUser('ada');
    rig.directory.reset();
    rig.events.length = 0;
    for (let minutes = 0; minutes < 180; minutes += 20) {
      rig.clock.now += 20 * minute;
      await login(one);
      await one.ask('/auth/me', { user: 'ada' });
    }
    await one.auth.close();
    expect(rig.directory.count('touchUsers')).to.equal(1);
    const after = await rig.database.directory.findUser('ada');
    expect(after).to.deep.equal({ ...before, lastAssertedAt: new Date(rig.clock.now) });
    expect(rig.events).to.deep.equal([]);
  });
});

describe('P17: the last login of a user with a session', () => {
  let rig: LivingRig;
  let host: LivingInstance;
  const start = async (session: SessionMode) => {
    rig = livingRig();
    host = await rig.start({ tokens, session });
  };
  afterEach(() => rig.stop());

  const known = async () => {
    await host.auth.close();
    return (await rig.database.directory.findUser('ada'))?.lastAssertedAt?.getTime();
  };

  it('is the login through the proxy, not a request by cookie alone', async () => {
    await start('login-only');
    const { cookie } = await host.ask('/auth/login', { user: 'ada' });
    const loggedInAt = rig.clock.now;
    rig.clock.now += 2 * hour;
    expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'ada', method: 'session' });
    expect(await known()).to.equal(loggedInAt);
  });

  it('is also a request with a cookie and an assertion', async () => {
    await start('login-only');
    const { cookie } = await host.ask('/auth/login', { user: 'ada' });
    rig.clock.now += 2 * hour;
    expect((await host.ask('/who', { cookie, user: 'ada' })).json).to.include({ method: 'session' });
    expect(await known()).to.equal(rig.clock.now);
  });

  it('is not the request of a refused user', async () => {
    await start('every-request');
    await host.ask('/who', { user: 'ada' });
    const loggedInAt = rig.clock.now;
    await host.auth.users.disable('ada');
    rig.clock.now += 2 * hour;
    expect((await host.ask('/who', { user: 'ada' })).status).to.equal(403);
    expect(await known()).to.equal(loggedInAt);
  });
});
