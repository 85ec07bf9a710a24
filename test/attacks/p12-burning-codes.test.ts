// P12: an attacker uses up the tries of other users' codes.
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { codeOf, type PairingRig, pairingRig, proofOf, wrongCode } from '../support/pairing-rig.js';
import { onEachState } from '../support/tapped-state.js';

const limits = checkedLimits();

describe('P12: the limits of pairings', () => {
  it('count no tries at unknown locators', async () => {
    const rig = await pairingRig();
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    const nobody = code.startsWith('ZZZZ') ? 'YYYY' : 'ZZZZ';
    for (let guess = 0; guess < 30; guess += 1) await rig.outcome(nobody + wrongCode(code, guess).slice(4));
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'open' });
    expect(await rig.outcome(code)).to.equal('token');
    await rig.close();
  });

  it('count no tries of an address beyond its limit', async () => {
    const rig = await pairingRig();
    const { id, code } = await rig.pairings.open(rig.alice);
    const address = '203.0.113.66';
    for (let count = 0; count < limits.address; count += 1) await rig.outcome('ZZZZ-0000-0000', { address });
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await rig.outcome(wrongCode(code, guess), { address })).to.equal('ERR_THROTTLED');
    }
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'open' });
    await rig.close();
  });

  onEachState((openState) => {
    let rig: PairingRig;
    beforeEach(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });

    it('refuse a fourth pairing, and end none of the three', async () => {
      const { alice } = rig;
      const views = [];
      for (let count = 0; count < 3; count += 1) views.push(await rig.pairings.open(alice));
      expect(await rig.pairings.open(alice).catch(codeOf)).to.equal('ERR_PAIRING_LIMIT');
      for (const { id } of views) expect(await rig.pairings.view(alice, id)).to.include({ status: 'open' });
      expect(await rig.pairings.open(rig.bob)).to.include({ status: 'open' });
    });

    it('allow exactly three of 20 parallel requests for pairings', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => rig.pairings.open(rig.alice).then(({ status }) => status, codeOf)),
      );
      expect(results.filter((result) => result === 'open')).to.have.length(3);
      expect(results.filter((result) => result === 'ERR_PAIRING_LIMIT')).to.have.length(17);
    });

    it('allow one new pairing for each that has ended', async () => {
      const { alice } = rig;
      const [first, second] = [await rig.pairings.open(alice), await rig.pairings.open(alice)];
      await rig.pairings.open(alice);
      await rig.pairings.cancel(alice, first.id);
      await rig.redeem(second.code ?? '');
      const results = await Promise.all(
        Array.from({ length: 10 }, () => rig.pairings.open(alice).then(({ status }) => status, codeOf)),
      );
      expect(results.filter((result) => result === 'open')).to.have.length(2);
    });
  });

  it('refuse new pairings as long as three are open, even if late claims prolong them', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { alice } = rig;
    const views = [];
    for (let count = 0; count < 3; count += 1) views.push(await rig.pairings.open(alice));
    rig.clock.now += 299_000;
    for (const { uri } of views) expect(await rig.outcome(proofOf(uri))).to.equal('waiting');
    rig.clock.now += 119_000;
    expect(await rig.pairings.view(alice, views[0]?.id ?? '')).to.include({ status: 'claimed' });
    expect(await rig.pairings.open(alice).catch(codeOf)).to.equal('ERR_PAIRING_LIMIT');
    rig.clock.now += 1000;
    expect(await rig.pairings.open(alice)).to.include({ status: 'open' });
  });

  it('allow new pairings when old ones expire', async () => {
    const rig = await pairingRig();
    for (let count = 0; count < 3; count += 1) await rig.pairings.open(rig.alice);
    rig.clock.now += 300_000;
    for (let count = 0; count < 3; count += 1) await rig.pairings.open(rig.alice);
    expect(await rig.pairings.open(rig.alice).catch(codeOf)).to.equal('ERR_PAIRING_LIMIT');
    await rig.close();
  });
});
