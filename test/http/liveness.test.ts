// Idle devices, and how stale cached facts must not affect devices in use.
import { expect } from 'chai';
import { day, type LivingInstance, type LivingRig, livingRig, minute, tokenOptions } from '../support/living-rig.js';
import { until } from '../support/processes.js';

describe('a token whose device must be used', () => {
  const idleDays = 2;
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance;
  let phone: { id: string; token: string };
  beforeEach(async () => {
    rig = livingRig();
    one = await rig.start({ tokens: { ...tokenOptions, idleDays } });
    two = await rig.start({ tokens: { ...tokenOptions, idleDays } });
    await one.ask('/who', { user: 'ada' });
    phone = await rig.pair('ada');
  });
  afterEach(() => rig.stop());

  const at = (instance: LivingInstance) => instance.ask('/api/who', { token: phone.token });
  const written = async () =>
    (await rig.database.directory.findDevice(phone.id))?.device.lastUsedAt?.getTime() === rig.clock.now;

  it('expires after that long without use, from that very instant', async () => {
    rig.clock.now += idleDays * day - 1;
    expect((await at(one)).status).to.equal(200);
    await until('the use is written', written);
    rig.clock.now += idleDays * day;
    const answer = await at(two);
    expect(answer.json).to.include({ code: 'ERR_TOKEN_EXPIRED', status: 401 });
    expect(answer.headers['www-authenticate']).to.equal('Bearer error="invalid_token"');
    expect((await at(one)).json).to.include({ code: 'ERR_TOKEN_EXPIRED' });
  });

  it('expires that long after pairing when it was never used', async () => {
    rig.clock.now += idleDays * day;
    expect((await at(one)).json).to.include({ code: 'ERR_TOKEN_EXPIRED' });
  });

  it('stays valid with occasional use, even if the cached facts are from the first day', async () => {
    for (const instance of [one, two]) expect((await at(instance)).status).to.equal(200);
    for (let days = 1; days < 15; days += 1) {
      rig.clock.now += day + minute;
      expect((await at(one)).status, `day ${days}`).to.equal(200);
      await until('the use is written', written);
    }
    // The shared state still has the entry of the first day: nothing has deleted it.
    expect((await at(two)).status).to.equal(200);
  });

  it('stays valid when only this process knows of its last use yet', async () => {
    await at(one);
    rig.clock.now += idleDays * day - 30_000;
    rig.database.mode = 'down';
    expect((await at(one)).status).to.equal(200);
    rig.clock.now += minute / 2;
    expect((await at(one)).status).to.equal(200);
  });

  it('notifies the other instances at once of a device that is used again late', async () => {
    await at(one);
    await at(two);
    rig.clock.now += idleDays * day - 1000;
    expect((await at(one)).status).to.equal(200);
    await until('the use is written', written);
    rig.clock.now += 1000;
    expect((await at(two)).status).to.equal(200);
  });

  it('gets 503, not 401, while the directory is unavailable', async () => {
    await at(one);
    rig.clock.now += idleDays * day;
    rig.database.mode = 'down';
    expect((await at(one)).json).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503 });
    rig.database.mode = 'up';
    expect((await at(one)).status).to.equal(401);
  });

  it('causes no port calls while it is used', async () => {
    // On the second day, the cached facts are those of an idle device.
    for (let days = 0; days < 2; days += 1) {
      rig.clock.now += day + minute;
      for (let count = 0; count < 5; count += 1) await at(one);
      await until('the use is written', written);
      rig.directory.reset();
      rig.state.reset();
      for (let count = 0; count < 5; count += 1) expect((await at(one)).status).to.equal(200);
      expect([rig.directory.count(), rig.state.count()]).to.deep.equal([0, 0]);
    }
  });

  it('stays in the list of devices, with an expiry in the past', async () => {
    rig.clock.now += day;
    const kept = await rig.pair('ada');
    rig.clock.now += day;
    const listed = (await one.ask('/auth/devices', { user: 'ada' })).json?.['devices'] as Record<string, unknown>[];
    const endOf = (id: string) => Date.parse(String(listed.find((device) => device['id'] === id)?.['expires_at']));
    expect(endOf(phone.id)).to.equal(rig.clock.now);
    expect(endOf(kept.id)).to.equal(rig.clock.now + day);
    expect((await at(one)).status).to.equal(401);
  });
});

describe('a token whose device need not be used', () => {
  it('stays valid until it expires', async () => {
    const rig = livingRig();
    try {
      const one = await rig.start();
      await one.ask('/who', { user: 'ada' });
      const { token } = await rig.pair('ada', { expiresAt: new Date(rig.clock.now + 3000 * day) });
      rig.clock.now += 3000 * day - 1;
      expect((await one.ask('/api/who', { token })).status).to.equal(200);
      const { json } = await one.ask('/auth/devices', { user: 'ada' });
      expect(json?.['devices']).to.have.nested.property('[0].expires_at', new Date(rig.clock.now + 1).toISOString());
    } finally {
      await rig.stop();
    }
  });
});
