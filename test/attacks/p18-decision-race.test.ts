// P18: users approve, deny and cancel while an app redeems, in the browser and the device flow.
import { expect } from 'chai';
import { deviceCode as deviceCodeOf, matchNumber } from '../../src/pairing/secrets.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { codeOf, type PairingRig, pairingRig, ringKey } from '../support/pairing-rig.js';
import { onEachState } from '../support/tapped-state.js';

const ring = keyRing([ringKey]);

describe('P18: a race of approve, deny, cancel and redeem', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    before(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now, approval: 'always' });
    });

    it('has exactly one winner among 20 decisions about a claim, and all see this one', async () => {
      for (let round = 0; round < 6; round += 1) {
        const { id: userId } = await rig.directory.createUser({ subject: `owner-${round}`, authMethod: 'proxy' });
        const owner = { userId, subject: `owner-${round}` };
        const { id, code = '' } = await rig.pairings.open(owner);
        await rig.claim(code, { address: `198.51.100.${round}` });
        const number = matchNumber(ring, { id, kid: ringKey.kid }) ?? '';
        const won: string[] = [];
        const verbs = {
          approved: () => rig.pairings.approve(owner, id, number),
          denied: () => rig.pairings.deny(owner, id),
        };
        const names = Object.keys(verbs) as (keyof typeof verbs)[];
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const name = names[(index + round) % names.length] ?? 'denied';
            const outcome = await verbs[name]().then(() => name, codeOf);
            if (outcome === name) won.push(name);
            else expect(outcome).to.equal('ERR_PAIRING_ENDED');
          }),
        );
        expect(won).to.have.length(1);
        expect(await rig.pairings.view(owner, id)).to.include({ status: won[0] });
      }
    });

    it('either gives an approved claim to the app or ends it, never both', async () => {
      for (let round = 0; round < 6; round += 1) {
        const subject = `collector-${round}`;
        const { id: userId } = await rig.directory.createUser({ subject, authMethod: 'proxy' });
        const owner = { userId, subject };
        const { id, code = '' } = await rig.pairings.open(owner);
        await rig.claim(code, { address: `203.0.113.${round}` });
        await rig.pairings.approve(owner, id, matchNumber(ring, { id, kid: ringKey.kid }) ?? '');
        const poll = { deviceCode: deviceCodeOf(ring, { id, kid: ringKey.kid }) ?? '', clientId: 'app' };
        const [cancelled, ...collected] = await Promise.all([
          rig.pairings.cancel(owner, id).then(() => 'cancelled', codeOf),
          ...Array.from({ length: 20 }, () => rig.pairings.collect(poll).then(() => 'token', codeOf)),
        ]);
        const devices = await rig.directory.listDevices(userId, new Date());
        const { status } = await rig.pairings.view(owner, id);
        if (cancelled === 'cancelled') {
          expect([new Set(collected), devices.length, status]).to.deep.equal([
            new Set(['ERR_ACCESS_DENIED']),
            0,
            'cancelled',
          ]);
        } else {
          expect([new Set(collected), devices.length, status]).to.deep.equal([new Set(['token']), 1, 'redeemed']);
        }
      }
    });

    it('leaves the pairing in one state that all see', async () => {
      for (let round = 0; round < 6; round += 1) {
        const subject = `hurried-${round}`;
        const { id: userId } = await rig.directory.createUser({ subject, authMethod: 'proxy' });
        const owner = { userId, subject };
        const { id, code = '' } = await rig.pairings.open(owner);
        const { deviceCode, matchNumber: number } = await rig.claim(code, { address: `2001:db8:0:${round}::1` });
        const verbs = [
          () => rig.pairings.approve(owner, id, number).then(() => 'approved'),
          () => rig.pairings.deny(owner, id).then(() => 'denied'),
          () => rig.pairings.cancel(owner, id).then(() => 'cancelled'),
          () => rig.pairings.collect({ deviceCode, clientId: 'app' }).then(() => 'redeemed'),
        ];
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) => verbs[(index + round) % verbs.length]?.().catch(codeOf)),
        );
        const won = (name: string) => outcomes.filter((outcome) => outcome === name).length;
        expect(won('approved') + won('denied'), outcomes.join()).to.be.at.most(1);
        expect(won('cancelled'), outcomes.join()).to.be.at.most(1);
        // After an approval, the pairing can still be canceled or collected. All other states are final.
        const ends = [won('denied') > 0, won('cancelled') > 0, won('redeemed') > 0].filter(Boolean);
        expect(ends.length, outcomes.join()).to.be.at.most(1);
        if (won('redeemed') > 0) expect(won('approved'), outcomes.join()).to.equal(1);
        const { status } = await rig.pairings.view(owner, id);
        expect(won(status), `${status} of ${outcomes.join()}`).to.be.at.least(1);
        const devices = await rig.directory.listDevices(userId, new Date());
        expect(devices).to.have.length(status === 'redeemed' ? 1 : 0);
      }
    });

    it('has exactly one winner among 20 decisions about a device’s request', async () => {
      for (let round = 0; round < 6; round += 1) {
        const subject = `verifier-${round}`;
        const { id: userId } = await rig.directory.createUser({ subject, authMethod: 'proxy' });
        const address = `2001:db8:1:${round}::1`;
        const { userCode, deviceCode } = await rig.pairings.authorize({ clientId: 'television', address });
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            const verb = (index + round) % 2 === 0 ? rig.pairings.approveRequest : rig.pairings.denyRequest;
            return verb({ userId, subject }, userCode).then((view): string => view.status, codeOf);
          }),
        );
        expect(outcomes.filter((outcome) => outcome === 'ERR_USER_CODE')).to.have.length(19);
        const collected = await rig.pairings
          .collect({ deviceCode, clientId: 'television' })
          .then(() => 'token', codeOf);
        expect(collected).to.equal(outcomes.includes('approved') ? 'token' : 'ERR_ACCESS_DENIED');
        expect(await rig.directory.listDevices(userId, new Date())).to.have.length(collected === 'token' ? 1 : 0);
      }
    });

    it('connects the device to one of two users who approve its request at once', async () => {
      for (let round = 0; round < 6; round += 1) {
        const address = `192.0.2.${round}`;
        const { userCode, deviceCode } = await rig.pairings.authorize({ clientId: 'television', address });
        const outcomes = await Promise.all(
          [rig.alice, rig.bob].map((person) =>
            rig.pairings.approveRequest(person, userCode).then(() => person.subject, codeOf),
          ),
        );
        expect(outcomes.filter((outcome) => outcome === 'ERR_USER_CODE')).to.have.length(1);
        const winner = outcomes.find((outcome) => outcome !== 'ERR_USER_CODE');
        const { account } = await rig.pairings.collect({ deviceCode, clientId: 'television' });
        expect(account.subject).to.equal(winner);
      }
    });
  });
});
