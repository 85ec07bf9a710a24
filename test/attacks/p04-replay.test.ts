// P4, a used code is used again.
import { expect } from 'chai';
import { type PairingRig, pairingRig, proofOf, wrongCode } from '../support/pairing-rig.js';

describe('P4: replay', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  const replays = () => rig.events.filter(({ type }) => type === 'pairing.replayed');

  it('refuses the second redeemer, revokes the first one’s device and raises an event', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    const { deviceId } = await rig.redeem(code, { redemptionId: 'the-first-one' });
    expect(await rig.outcome(code, { redemptionId: 'the-second-one' })).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
    expect(replays()).to.deep.equal([{ type: 'pairing.replayed', pairingId: id, ...rig.alice, deviceId }]);
    expect(await rig.pairings.view(rig.alice, id)).to.deep.equal({ id, status: 'burned', expiresIn: 0 });
  });

  it('takes a redeemer without redemption id for a second one', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('recognises the used code long after its minute, while the pairing is remembered', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    rig.clock.now += 90_000;
    await rig.redeem(code);
    rig.clock.now += 590_000;
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(replays()).to.have.length(1);
    expect(await rig.devices()).to.have.length(0);
  });

  it('recognises it through the other door, too', async () => {
    const { code = '', uri } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    expect(await rig.outcome(proofOf(uri))).to.equal('ERR_GRANT_INVALID');
    expect(replays()).to.have.length(1);
    expect(await rig.devices()).to.have.length(0);
  });

  it('gives the first redeemer nothing more once the pairing was replayed', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, { redemptionId: 'the-first-one' });
    await rig.outcome(code);
    expect(await rig.outcome(code, { redemptionId: 'the-first-one' })).to.equal('ERR_GRANT_INVALID');
    expect(replays(), 'told once').to.have.length(1);
  });

  it('leaves the device alone when the second one’s code is wrong', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    for (let guess = 0; guess < 10; guess += 1) await rig.outcome(wrongCode(code, guess));
    expect(await rig.devices()).to.have.length(1);
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'redeemed' });
  });

  it('lets the second one only lose while the first one’s device is being made', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    const others: string[] = [];
    rig.around = async (verb, call) => {
      if (verb !== 'createDevice') return call();
      others.push(await rig.outcome(code));
      const result = await call();
      others.push(await rig.outcome(code));
      return result;
    };
    expect(await rig.outcome(code)).to.equal('token');
    expect(others).to.deep.equal(['ERR_GRANT_INVALID', 'ERR_GRANT_INVALID']);
    expect(await rig.devices()).to.have.length(1);
    expect(replays()).to.have.length(0);
  });

  it('revokes for whoever asks again when the directory was down at the first replay', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    rig.broken.add('revokeDevice');
    expect(await rig.outcome(code)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    rig.broken.clear();
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('revokes although the owner is not admitted just now', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    await rig.directory.updateUser('alice', { disabled: true });
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });
});
