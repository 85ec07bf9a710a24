// P14: the clocks of two instances differ, or the shared clock steps.
import { expect } from 'chai';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { type PairingRig, pairingRig, start } from '../support/pairing-rig.js';
import { type RedisServer, startRedis } from '../support/redis.js';

const fiveMinutes = 300_000;
const device = { clientId: 'app', deviceName: 'Phone', address: '192.0.2.1' };

describe('P14: clock skew', () => {
  for (const skew of [-fiveMinutes, fiveMinutes]) {
    describe(`with a local clock that is off by ${skew / 60_000} min`, () => {
      const realNow = Date.now;
      let server: RedisServer;
      before(async () => {
        server = await startRedis();
      });
      after(() => server.stop());
      afterEach(() => {
        Date.now = realNow;
      });

      it('redeems the code of another instance, and shows a code that the other one redeems', async () => {
        const right = await pairingRig({ state: redisState(server.client()), localNow: realNow });
        const state = redisState(server.client());
        const first = await right.pairings.open(right.alice);
        Date.now = () => realNow() + skew;
        const wrong = right.instance({ state });
        const seen = await wrong.view(right.alice, first.id);
        // If a new minute begins here, this is the code that the right clock shows now.
        expect([first.code, (await right.pairings.view(right.alice, first.id)).code]).to.include(seen.code);
        expect(await wrong.redeem({ code: first.code ?? '' }, device)).to.have.property('accessToken');
        const second = await wrong.open(right.alice);
        expect(second.expiresIn).to.equal(300);
        Date.now = realNow;
        expect(await right.outcome(second.code ?? '')).to.equal('token');
        await state.close();
        await right.state.close();
      });

      it('uses the shared clock for the end of pairings and the dates of devices', async () => {
        const rig = await pairingRig();
        Date.now = () => start + skew;
        const first = await rig.pairings.open(rig.alice);
        const second = await rig.pairings.open(rig.alice);
        rig.clock.now = start + 60_000;
        await rig.redeem(first.code ?? '');
        const [paired] = await rig.devices();
        expect(paired?.createdAt.getTime()).to.equal(start + 60_000);
        rig.clock.now = start + 299_999;
        expect(await rig.pairings.view(rig.alice, second.id)).to.include({ status: 'open' });
        rig.clock.now = start + 300_000;
        expect(await rig.pairings.view(rig.alice, second.id)).to.include({ status: 'expired' });
        await rig.close();
      });

      it('accepts a token that was issued with the other clock', async () => {
        const rig = await pairingRig({ localNow: () => start + skew });
        const { code = '' } = await rig.pairings.open(rig.alice);
        const { accessToken, deviceId } = await rig.redeem(code);
        expect(rig.tokens.verify(accessToken).deviceId).to.equal(deviceId);
        await rig.close();
      });
    });
  }

  describe('when the shared clock steps', () => {
    let rig: PairingRig;
    beforeEach(async () => {
      rig = await pairingRig();
    });
    afterEach(() => rig.close());

    it('back, returns at most a pairing’s lifetime, and still pairs', async () => {
      const { id } = await rig.pairings.open(rig.alice);
      rig.clock.now = start - 120_000;
      const { code = '', expiresIn } = await rig.pairings.view(rig.alice, id);
      expect(expiresIn).to.equal(300);
      expect(await rig.outcome(code)).to.equal('token');
    });

    it('forward, ends expired pairings', async () => {
      const { id, code = '' } = await rig.pairings.open(rig.alice);
      rig.clock.now = start + 400_000;
      expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
      expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'expired' });
    });
  });
});
