// P6: a victim is talked into approving. The user must enter the number that the app shows.
import { expect } from 'chai';
import { startHost } from '../http/harness.js';
import { openStream } from '../http/stream.js';
import { codeOf, type PairingRig, pairingRig } from '../support/pairing-rig.js';
import { onEachState } from '../support/tapped-state.js';

const wrong = (number: string): string => (number === '10' ? '11' : '10');

describe('P6: number match', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    beforeEach(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now, approval: 'always' });
    });

    async function claimed() {
      const { id: userId } = await rig.directory.createUser({ subject: crypto.randomUUID(), authMethod: 'proxy' });
      const { subject = '' } = (await rig.directory.findUserById(userId)) ?? {};
      const owner = { userId, subject };
      const { id, code = '' } = await rig.pairings.open(owner);
      const waiting = await rig.claim(code, { address: `2001:db8:${id.slice(0, 4)}::1` });
      const approve = (number: string) => rig.pairings.approve(owner, id, number).then(() => 'approved', codeOf);
      return { ...waiting, owner, id, approve };
    }

    it('refuses wrong numbers, and counts exactly three of 200 parallel ones', async () => {
      const { owner, id, approve, matchNumber, deviceCode } = await claimed();
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => approve(wrong(matchNumber))));
      expect(outcomes.filter((outcome) => outcome === 'ERR_MATCH_NUMBER')).to.have.length(3);
      expect(outcomes.filter((outcome) => outcome === 'ERR_PAIRING_ENDED')).to.have.length(197);
      expect(await approve(matchNumber)).to.equal('ERR_PAIRING_ENDED');
      expect(await rig.pairings.view(owner, id)).to.include({ status: 'denied' });
      expect(await rig.pairings.collect({ deviceCode, clientId: 'app' }).catch(codeOf)).to.equal('ERR_ACCESS_DENIED');
    });

    it('approves with the right number after two wrong ones', async () => {
      const { owner, id, approve, matchNumber, deviceCode } = await claimed();
      expect(await approve(wrong(matchNumber))).to.equal('ERR_MATCH_NUMBER');
      expect(await approve(wrong(matchNumber))).to.equal('ERR_MATCH_NUMBER');
      expect(await rig.pairings.view(owner, id)).to.include({ triesLeft: 1 });
      expect(await approve(matchNumber)).to.equal('approved');
      expect(await rig.pairings.collect({ deviceCode, clientId: 'app' })).to.have.property('accessToken');
    });

    it('shows the browser the device, and never the number', async () => {
      const { owner, id, matchNumber, deviceCode } = await claimed();
      const view = await rig.pairings.view(owner, id);
      // Compares the names of the members, because other text can contain the two digits by chance.
      expect(view).to.have.all.keys('id', 'status', 'expiresIn', 'claim', 'triesLeft');
      expect(view.claim).to.have.all.keys('deviceName', 'clientId', 'appVersion', 'platform', 'address', 'age');
      expect(view.claim).to.include({ deviceName: 'Phone', clientId: 'app' });
      expect(Object.values({ ...view, ...view.claim }).map(String)).to.not.include(matchNumber);
      expect(JSON.stringify(view)).to.not.include(deviceCode.split('.')[1]);
    });
  });

  it('sends the browser no number over HTTP, in responses or events', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { directory, state, pairings, tokens } = rig;
    const host = await startHost({ store: null, directory, state, services: { pairings, tokens } });
    try {
      const { id, code } = (await host.write('POST', '/auth/pairings', { user: 'alice' })).json ?? {};
      const { matchNumber } = await rig.claim(String(code));
      const path = `/auth/pairings/${id}`;
      const events = await openStream(host.port, `${path}/events`, 'alice');
      await events.until(/"status":"claimed"/);
      const [, told = ''] = /^data: (.*)$/m.exec(events.text) ?? [];
      const ask = { user: 'alice', json: { match_number: wrong(matchNumber) } };
      const refused = await host.write('POST', `${path}/approve`, ask);
      expect(refused.json).to.deep.equal({
        type: 'urn:latchkey:error:ERR_MATCH_NUMBER',
        title: 'The number does not match',
        status: 403,
        detail: 'The number does not match',
        code: 'ERR_MATCH_NUMBER',
      });
      for (const shown of [JSON.parse(told), (await host.ask(path, { user: 'alice' })).json]) {
        expect(shown).to.have.all.keys('id', 'status', 'expires_in', 'interval', 'claim', 'tries_left');
        expect(shown.claim).to.have.all.keys('device_name', 'client_id', 'address', 'age');
      }
    } finally {
      await host.close();
      await rig.close();
    }
  });
});
