// P24: a thief renews before the app each day, and never uses the new token first, so that no reuse is detected.
import { expect } from 'chai';
import { day, type LivingInstance, type LivingRig, livingRig } from '../support/living-rig.js';
import { renewed, use } from '../support/renewing.js';

describe('P24: a thief who renews before the app', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance;
  let phone: { id: string; token: string };
  let userId: string;
  beforeEach(async () => {
    rig = livingRig();
    one = await rig.start();
    two = await rig.start();
    await one.ask('/who', { user: 'ada' });
    phone = await rig.pair('ada');
    userId = (await rig.database.directory.findUser('ada'))?.id ?? '';
  });
  afterEach(() => rig.stop());

  const repeated = () => rig.events.filter(({ type }) => type === 'device.renewal-repeated');

  it('is reported at the first repeated renewal, and each day, on any instance', async () => {
    const begun = new Date(rig.clock.now);
    await renewed(one, phone.token);
    expect(repeated()).to.deep.equal([]);
    for (let days = 1; days <= 20; days += 1) {
      rig.clock.now += day;
      expect(await use(one, phone.token)).to.equal('ok');
      await renewed(days % 2 === 0 ? one : two, phone.token);
      expect(repeated()).to.have.length(days);
    }
    expect(repeated()[0]).to.deep.equal({
      type: 'device.renewal-repeated',
      userId,
      subject: 'ada',
      deviceId: phone.id,
      renewedAt: begun,
      address: '127.0.0.1',
    });
  });

  it('is reported at each renewal of the app, even if the thief renews rarely', async () => {
    let token = phone.token;
    for (let period = 1; period <= 5; period += 1) {
      rig.clock.now += 200 * day;
      const thiefs = await renewed(two, token);
      rig.clock.now += day;
      const apps = await renewed(one, token);
      expect(apps).to.equal(thiefs);
      expect(await use(one, apps)).to.equal('ok');
      token = apps;
      expect(repeated()).to.have.length(period);
    }
  });

  it('is not reported if an app renews and uses its token', async () => {
    let token = phone.token;
    for (let period = 1; period <= 5; period += 1) {
      rig.clock.now += 200 * day;
      token = await renewed(one, token);
      expect(await use(two, token)).to.equal('ok');
    }
    expect(repeated()).to.deep.equal([]);
  });

  it('does not prevent that an app gets the same token after a lost response', async () => {
    const lost = await renewed(one, phone.token);
    rig.clock.now += 1000;
    const again = await renewed(two, phone.token);
    expect(again).to.equal(lost);
    expect(await use(one, again)).to.equal('ok');
    expect(repeated()).to.have.length(1);
  });

  it('is not reported for renewals that are refused', async () => {
    await renewed(one, phone.token);
    await renewed(one, 'junk').catch(() => undefined);
    const form = { grant_type: 'refresh_token', refresh_token: phone.token, client_id: 'another' };
    await two.ask('/api/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(form),
    });
    expect(repeated()).to.deep.equal([]);
  });
});
