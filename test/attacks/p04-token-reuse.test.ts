// P4: a replaced token is used again, so another client has it.
import { expect } from 'chai';
import { type LivingInstance, type LivingRig, livingRig } from '../support/living-rig.js';
import { renew, renewed, use } from '../support/renewing.js';

describe('P4: reuse of a replaced token', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance;
  let phone: { id: string; token: string };
  let next: string;
  beforeEach(async () => {
    rig = livingRig();
    one = await rig.start();
    two = await rig.start();
    await one.ask('/who', { user: 'ada' });
    phone = await rig.pair('ada');
    next = await renewed(one, phone.token);
    expect(await use(one, next)).to.equal('ok');
  });
  afterEach(() => rig.stop());

  const told = (type: string) => rig.events.filter((event) => event.type === type);
  const invalid = { error: 'invalid_grant' };

  it('accepts the old token for 600 s, but does not renew it', async () => {
    rig.clock.now += 599_999;
    for (const instance of [one, two]) {
      expect(await use(instance, phone.token)).to.equal('ok');
      expect((await renew(instance, phone.token)).json).to.include(invalid);
    }
    expect(await use(two, next)).to.equal('ok');
    expect(told('device.revoked')).to.deep.equal([]);
  });

  for (const way of ['request', 'renewal'] as const) {
    it(`revokes the device everywhere after that, and reports it once (${way})`, async () => {
      for (const instance of [one, two]) expect(await use(instance, next)).to.equal('ok');
      rig.clock.now += 600_000;
      if (way === 'request') expect(await use(two, phone.token)).to.equal('ERR_TOKEN_REVOKED');
      else expect((await renew(two, phone.token)).json).to.include(invalid);
      for (const instance of [one, two]) {
        expect(await use(instance, next)).to.equal('ERR_TOKEN_REVOKED');
        expect(await use(instance, phone.token)).to.equal('ERR_TOKEN_REVOKED');
        expect((await renew(instance, next)).json).to.include(invalid);
      }
      rig.directory.reset();
      expect(await use(one, phone.token)).to.equal('ERR_TOKEN_REVOKED');
      expect(rig.directory.count(), 'what is revoked is asked for no more').to.equal(0);
      const { id: deviceId } = phone;
      const userId = (await rig.database.directory.findUser('ada'))?.id;
      const about = { userId, subject: 'ada', deviceId };
      expect(told('device.token-reused')).to.deep.equal([{ type: 'device.token-reused', ...about }]);
      expect(told('device.revoked')).to.deep.equal([{ type: 'device.revoked', ...about }]);
    });
  }

  it('is reported once for many parallel requests to several instances', async () => {
    rig.clock.now += 600_000;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => use(index % 2 === 0 ? one : two, phone.token)),
    );
    expect(new Set(answers)).to.deep.equal(new Set(['ERR_TOKEN_REVOKED']));
    expect(told('device.token-reused')).to.have.length(1);
  });

  it('revokes the device immediately for a token that was replaced twice, even in the grace period', async () => {
    expect(await use(one, await renewed(one, next))).to.equal('ok');
    expect(await use(two, next)).to.equal('ok');
    expect(await use(two, phone.token)).to.equal('ERR_TOKEN_REVOKED');
    expect(told('device.token-reused')).to.have.length(1);
  });

  it('is detected even if the request names another app', async () => {
    rig.clock.now += 600_000;
    expect((await renew(one, phone.token, 'another')).json).to.include(invalid);
    expect(await use(one, next)).to.equal('ERR_TOKEN_REVOKED');
  });

  it('revokes no other device', async () => {
    const tablet = await rig.pair('ada');
    rig.clock.now += 600_000;
    await use(one, phone.token);
    expect(await use(one, tablet.token)).to.equal('ok');
  });

  it('revokes the device as soon as the directory is available', async () => {
    rig.clock.now += 600_000;
    await use(one, next);
    rig.database.mode = 'down';
    expect(await use(one, phone.token)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    rig.database.mode = 'up';
    expect(await use(one, phone.token)).to.equal('ERR_TOKEN_REVOKED');
    expect(told('device.token-reused')).to.have.length(1);
  });
});
