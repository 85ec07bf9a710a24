// P19: an app gets slow_down forever. The interval is measured from the last poll that got another answer.
import { expect } from 'chai';
import { codeOf, type PairingRig, pairingRig } from '../support/pairing-rig.js';

describe('P19: polling', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig({ approval: 'always' });
  });

  const app = { clientId: 'television', address: '192.0.2.1' };
  const poll = (deviceCode: string): Promise<string> =>
    rig.pairings.collect({ deviceCode, clientId: 'television' }).then(() => 'token', codeOf);

  it('never returns slow_down to the first poll', async () => {
    const { deviceCode } = await rig.pairings.authorize(app);
    expect(await poll(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    expect(await poll(deviceCode)).to.equal('ERR_SLOW_DOWN');
  });

  it('answers an app that polls every second once per interval, as long as it waits', async () => {
    const { deviceCode, interval } = await rig.pairings.authorize(app);
    let answered = 0;
    for (let second = 0; second < 60; second += 1) {
      if ((await poll(deviceCode)) === 'ERR_AUTHORIZATION_PENDING') answered += 1;
      rig.clock.now += 1000;
    }
    expect(interval).to.equal(5);
    expect(answered).to.equal(60 / (interval - 1));
  });

  it('never returns slow_down to an app that keeps the interval', async () => {
    const { deviceCode, interval } = await rig.pairings.authorize(app);
    for (let count = 0; count < 20; count += 1) {
      expect(await poll(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
      rig.clock.now += interval * 1000 - 500;
    }
  });

  it('returns a decision at any pace', async () => {
    const { deviceCode, userCode } = await rig.pairings.authorize(app);
    expect(await poll(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    await rig.pairings.approveRequest(rig.alice, userCode);
    expect(await poll(deviceCode)).to.equal('token');

    const other = await rig.pairings.authorize(app);
    expect(await poll(other.deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    await rig.pairings.denyRequest(rig.alice, other.userCode);
    expect(await poll(other.deviceCode)).to.equal('ERR_ACCESS_DENIED');

    const late = await rig.pairings.authorize(app);
    rig.clock.now += 600_000;
    expect([await poll(late.deviceCode), await poll(late.deviceCode)]).to.deep.equal([
      'ERR_DEVICE_CODE_EXPIRED',
      'ERR_DEVICE_CODE_EXPIRED',
    ]);
  });
});
