// P3: clients redeem or guess one code at the same time.
import { expect } from 'chai';
import { type PairingRig, pairingRig, proofOf, wrongCode } from '../support/pairing-rig.js';
import { onEachState } from '../support/tapped-state.js';

const addressOf = (index: number) => ({ address: `198.51.100.${index}` });

describe('P3: redeem race', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    beforeEach(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });

    it('gives 20 redeemers with one redemption id one token', async () => {
      const { id, code = '' } = await rig.pairings.open(rig.alice);
      const device = { redemptionId: 'one-and-the-same' };
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => rig.redeem(code, { ...device, ...addressOf(index) })),
      );
      const tokens = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.accessToken] : []));
      expect(tokens).to.have.length(5);
      expect(new Set(tokens).size).to.equal(1);
      expect(await rig.devices()).to.have.length(1);
      expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'redeemed' });
    });

    it('gives 20 different redeemers exactly one token', async () => {
      for (let round = 0; round < 6; round += 1) {
        const owner = round % 2 ? rig.alice : rig.bob;
        const { code = '' } = await rig.pairings.open(owner);
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            rig.outcome(code, { redemptionId: `redemption-${index}`, address: `2001:db8:${round}:${index}::1` }),
          ),
        );
        expect(outcomes.filter((outcome) => outcome === 'token')).to.have.length(1);
        expect(outcomes.filter((outcome) => outcome === 'ERR_GRANT_INVALID')).to.have.length(19);
      }
    });

    it('gives a code and a QR secret that are redeemed at once exactly one token', async () => {
      const { code = '', uri } = await rig.pairings.open(rig.alice);
      const outcomes = await Promise.all([rig.outcome(code), rig.outcome(proofOf(uri))]);
      expect(outcomes.filter((outcome) => outcome === 'token')).to.have.length(1);
    });

    it('evaluates exactly 5 of 200 parallel wrong codes', async () => {
      const { id, code } = await rig.pairings.open(rig.alice);
      const before = rig.evaluations(id);
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (_, index) => rig.outcome(wrongCode(code, index), addressOf(index))),
      );
      expect(new Set(outcomes)).to.deep.equal(new Set(['ERR_GRANT_INVALID']));
      expect(rig.evaluations(id) - before).to.equal(5);
      expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'burned' });
      expect(rig.events.filter(({ type }) => type === 'pairing.burned')).to.have.length(1);
    });

    it('evaluates exactly 5 if a second instance gets half of them', async () => {
      const { id, code } = await rig.pairings.open(rig.alice);
      const other = rig.instance();
      const before = rig.evaluations(id);
      const device = { clientId: 'app', deviceName: 'Phone' };
      await Promise.all(
        Array.from({ length: 200 }, (_, index) => {
          const wrong = wrongCode(code, index);
          const here = index % 2 === 0;
          const redeemed = (here ? rig.pairings : other).redeem({ code: wrong }, { ...device, ...addressOf(index) });
          return redeemed.catch(() => undefined);
        }),
      );
      expect(rig.evaluations(id) - before).to.equal(5);
    });
  });
});
