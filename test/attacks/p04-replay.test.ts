// P4: a used code is used again.
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

  it('treats a repeated redemption without a redemption id as a second one', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('recognizes a used code as long as the pairing is remembered', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    rig.clock.now += 90_000;
    await rig.redeem(code);
    rig.clock.now += 590_000;
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(replays()).to.have.length(1);
    expect(await rig.devices()).to.have.length(0);
  });

  it('recognizes a used code in the QR link, too', async () => {
    const { code = '', uri } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    expect(await rig.outcome(proofOf(uri))).to.equal('ERR_GRANT_INVALID');
    expect(replays()).to.have.length(1);
    expect(await rig.devices()).to.have.length(0);
  });

  it('gives the first redeemer nothing after the replay', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, { redemptionId: 'the-first-one' });
    await rig.outcome(code);
    expect(await rig.outcome(code, { redemptionId: 'the-first-one' })).to.equal('ERR_GRANT_INVALID');
    expect(replays(), 'told once').to.have.length(1);
  });

  it('does not revoke the device if the second redeemer’s code is wrong', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    for (let guess = 0; guess < 10; guess += 1) await rig.outcome(wrongCode(code, guess));
    expect(await rig.devices()).to.have.length(1);
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'redeemed' });
  });

  it('refuses the second redeemer without a replay while the first one’s device is being created', async () => {
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

  it('revokes at the next replay if the directory was unavailable at the first one', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    rig.broken.add('revokeDevice');
    expect(await rig.outcome(code)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    rig.broken.clear();
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('revokes the device even if the owner is refused at the moment', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    await rig.directory.updateUser('alice', { disabled: true });
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });
});
