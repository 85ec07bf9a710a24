// P5: the response to a renewal is lost, or an instance has not received the change. The device must keep its access.
import { expect } from 'chai';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { day, type LivingInstance, type LivingRig, livingRig } from '../support/living-rig.js';
import { renew, renewed, use } from '../support/renewing.js';

describe('P5: renewal on a flaky network', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance & { deaf: boolean };
  let phone: { id: string; token: string };
  beforeEach(async () => {
    rig = livingRig();
    one = await rig.start();
    two = await rig.startDeaf();
    await one.ask('/who', { user: 'ada' });
    phone = await rig.pair('ada');
  });
  afterEach(async () => {
    expect(rig.events.map(({ type }) => type)).not.to.include('device.revoked');
    await rig.stop();
  });

  const row = async () => (await rig.database.directory.findDevice(phone.id))?.device;
  /** Lets the second instance cache the device, and cuts it off from all messages from now on. */
  async function deafen(token = phone.token): Promise<void> {
    for (let request = 0; request < 3; request += 1) expect(await use(two, token)).to.equal('ok');
    two.deaf = true;
    rig.directory.reset();
  }

  it('returns the same token at any time and on any instance', async () => {
    const lost = await renewed(one, phone.token);
    for (const pause of [1000, 600_000, 100 * day]) {
      rig.clock.now += pause;
      expect(await use(one, phone.token)).to.equal('ok');
      for (const instance of [one, two]) expect(await renewed(instance, phone.token)).to.equal(lost);
    }
    expect(await use(two, lost)).to.equal('ok');
  });

  it('returns the remaining lifetime with the same token', async () => {
    const first = (await renew(one, phone.token)).json;
    rig.clock.now += 5000;
    const again = (await renew(one, phone.token)).json;
    expect(again).to.deep.equal({ ...first, expires_in: Number(first?.['expires_in']) - 5 });
  });

  it('starts the grace period of the old token with the first use of the new one', async () => {
    const next = await renewed(one, phone.token);
    rig.clock.now += 30 * day;
    expect(await use(one, phone.token)).to.equal('ok');
    expect((await row())?.previousUntil).to.equal(undefined);
    expect(await use(one, next)).to.equal('ok');
    const until = rig.clock.now + 600_000;
    expect((await row())?.previousUntil?.getTime()).to.equal(until);
    rig.clock.now += 1000;
    expect(await use(one, next)).to.equal('ok');
    expect((await row())?.previousUntil?.getTime(), 'later uses prolong nothing').to.equal(until);
  });

  it('creates one token for 20 parallel renewals', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => renewed(index % 2 === 0 ? one : two, phone.token)),
    );
    expect(new Set(tokens).size).to.equal(1);
    const [token = ''] = tokens;
    const uses = await Promise.all(Array.from({ length: 20 }, (_, index) => use(index % 2 === 0 ? one : two, token)));
    expect(new Set(uses)).to.deep.equal(new Set(['ok']));
    expect((await row())?.serial).to.equal(2);
  });

  it('accepts a new token on an instance that does not know the renewal', async () => {
    await deafen();
    const next = await renewed(one, phone.token);
    expect(await use(two, next)).to.equal('ok');
    expect((await row())?.serial).to.equal(2);
  });

  it('accepts a new token on an instance that knows neither its first use nor later renewals', async () => {
    await deafen();
    let token = await renewed(one, phone.token);
    expect(await use(one, token)).to.equal('ok');
    expect(await use(two, token)).to.equal('ok');
    token = await renewed(one, token);
    expect(await use(one, token)).to.equal('ok');
    expect(await use(two, token)).to.equal('ok');
    expect(await renewed(two, token)).to.equal(await renewed(one, token));
  });

  it('accepts a new token on an instance with an outdated expiry', async () => {
    phone = await rig.pair('ada', { expiresAt: new Date(rig.clock.now + 2000) });
    await deafen();
    rig.clock.now += 1999;
    const next = await renewed(one, phone.token);
    rig.clock.now += 1;
    expect(await use(two, next)).to.equal('ok');
  });

  it('accepts a token in its grace period on an instance that does not know its first use', async () => {
    const second = await renewed(one, phone.token);
    await deafen();
    expect(await use(one, await renewed(one, second))).to.equal('ok');
    expect((await row())?.serial).to.equal(3);
    expect(await use(two, second)).to.equal('ok');
  });

  it('answers 503, not 401, to a new token that only the directory could confirm', async () => {
    await deafen();
    const next = await renewed(one, phone.token);
    rig.database.mode = 'down';
    expect(await use(two, next)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    rig.database.mode = 'up';
    expect(await use(two, next)).to.equal('ok');
  });

  it('renews while the shared state is unavailable', async () => {
    let away = false;
    const { port } = rig.state;
    const fails = <Verb extends 'put' | 'get' | 'publish'>(verb: Verb) =>
      ((...args: readonly never[]) =>
        away
          ? Promise.reject(new LatchkeyError('ERR_STATE_UNAVAILABLE'))
          : (port[verb] as (...args: readonly never[]) => Promise<unknown>)(...args)) as (typeof port)[Verb];
    const verbs = { put: fails('put'), get: fails('get'), publish: fails('publish') };
    const three = await rig.start({ state: { ...port, ...verbs, close: async () => {} } });
    expect(await use(three, phone.token)).to.equal('ok');
    expect(await use(two, phone.token)).to.equal('ok');
    away = true;
    const next = await renewed(three, phone.token);
    expect(await use(three, next)).to.equal('ok');
    expect(await use(two, next)).to.equal('ok');
    expect((await row())?.serial).to.equal(2);
    const errors = rig.events.flatMap((event) => (event.type === 'error' ? [event.code] : []));
    expect(new Set(errors)).to.deep.equal(new Set(['ERR_STATE_UNAVAILABLE']));
    away = false;
  });

  it('keeps a renewal whose write succeeded without a response', async () => {
    await use(one, phone.token);
    rig.database.mode = 'late';
    expect((await renew(one, phone.token)).status).to.equal(503);
    rig.database.mode = 'up';
    const next = await renewed(one, phone.token);
    await use(one, phone.token);
    expect(await use(one, next)).to.equal('ok');
    expect((await row())?.serial).to.equal(2);
  });
});
