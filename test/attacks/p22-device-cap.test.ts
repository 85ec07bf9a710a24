// P22: a user pairs devices without limit. Beyond the maximum, new ones are refused, and old ones are kept.
import { expect } from 'chai';
import { type PairingRig, pairingRig, proofOf } from '../support/pairing-rig.js';

describe('P22: the devices of one user', () => {
  let rig: PairingRig;
  afterEach(() => rig.close());

  async function paired(count: number): Promise<void> {
    for (let paired = 0; paired < count; paired += 1) {
      // More pairings than a user may open within ten minutes.
      rig.clock.now += 700_000;
      await rig.redeem((await rig.pairings.open(rig.alice)).code ?? '');
    }
  }

  it('are 50 at most by default', async () => {
    rig = await pairingRig();
    await paired(50);
    rig.clock.now += 700_000;
    const { code = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(code)).to.equal('ERR_DEVICE_LIMIT');
    expect(await rig.devices()).to.have.length(50);
  });

  it('are kept at the maximum, where a new one is refused', async () => {
    rig = await pairingRig({ maximumDevices: 2 });
    await paired(2);
    const before = await rig.devices();
    const { code = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(code)).to.equal('ERR_DEVICE_LIMIT');
    expect(await rig.devices()).to.deep.equal(before);
    const { code: other = '' } = await rig.pairings.open(rig.bob);
    expect(await rig.outcome(other)).to.equal('token');
  });

  it('leave the pairing open at the maximum, so that its code works after one is revoked', async () => {
    rig = await pairingRig({ maximumDevices: 1 });
    await paired(1);
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(code, { redemptionId: 'redemption-1' })).to.equal('ERR_DEVICE_LIMIT');
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'open', code });
    await rig.directory.revokeDevices(rig.alice.userId, 'all', new Date(rig.clock.now));
    expect(await rig.outcome(code, { redemptionId: 'redemption-2' })).to.equal('token');
    expect(await rig.devices()).to.have.length(1);
  });

  it('do not prevent that a lost response is repeated at the maximum', async () => {
    rig = await pairingRig({ maximumDevices: 1 });
    const { uri } = await rig.pairings.open(rig.alice);
    const first = await rig.redeem(proofOf(uri), { redemptionId: 'redemption-1' });
    expect(await rig.redeem(proofOf(uri), { redemptionId: 'redemption-1' })).to.deep.equal(first);
  });

  it('never exceed the maximum in parallel redemptions', async () => {
    rig = await pairingRig({ maximumDevices: 4 });
    await paired(3);
    const codes: string[] = [];
    for (let count = 0; count < 3; count += 1) codes.push((await rig.pairings.open(rig.alice)).code ?? '');
    // Holds all three until each has passed the first check.
    let waiting = 0;
    let go = () => {};
    const together = new Promise<void>((resolve) => {
      go = resolve;
    });
    rig.around = async (verb, call) => {
      if (verb === 'createDevice') {
        waiting += 1;
        if (waiting === codes.length) go();
        await together;
      }
      return call();
    };
    const outcomes = await Promise.all(codes.map((code) => rig.outcome(code, { redemptionId: code })));
    expect(outcomes.toSorted()).to.deep.equal(['ERR_DEVICE_LIMIT', 'ERR_DEVICE_LIMIT', 'token']);
    expect(await rig.devices()).to.have.length(4);
    // A redeemer that was refused this late can retry, as after a lost response.
    const refused = codes[outcomes.indexOf('ERR_DEVICE_LIMIT')] ?? '';
    await rig.directory.revokeDevices(rig.alice.userId, 'all', new Date(rig.clock.now));
    expect(await rig.outcome(refused, { redemptionId: refused })).to.equal('token');
    expect(await rig.devices()).to.have.length(1);
  });
});
