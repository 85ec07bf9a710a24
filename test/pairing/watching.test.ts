// Following the changes of a pairing.
import { once } from 'node:events';
import { expect } from 'chai';
import { followers } from '../../src/pairing/watching.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type PairingRig, pairingRig, start } from '../support/pairing-rig.js';
import { onEachState } from '../support/tapped-state.js';
import { claimed, listener } from './pairing-listener.js';

describe('watching a pairing', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    before(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });
    after(() => rig.close());

    it('sends the current view and each change, from any instance', async () => {
      const { id, code = '' } = await rig.pairings.open(rig.alice);
      const ears = listener();
      const end = await rig.pairings.watch(rig.alice, id, ears.hear);
      expect(ears.told[0]).to.deep.include({ id, status: 'open', code });
      const other = rig.instance();
      await other.redeem({ code }, { clientId: 'app', deviceName: 'Phone', address: '192.0.2.1' });
      expect(await ears.statuses(2)).to.deep.equal(['open', 'redeemed']);
      expect(ears.told.find((view) => view?.status === 'redeemed')?.device).to.have.property('name', 'Phone');
      await rig.outcome(code);
      expect(await ears.statuses(3)).to.deep.equal(['open', 'redeemed', 'burned']);
      await end();
    });

    it('survives a listener that throws, and removes it', async () => {
      const { id } = await rig.pairings.open(rig.alice);
      const ears = listener();
      let told = 0;
      const warned = once(process, 'warning');
      await rig.pairings.watch(rig.alice, id, () => {
        told += 1;
        if (told > 1) throw new Error('a broken stream');
      });
      await rig.pairings.watch(rig.alice, id, ears.hear);
      await rig.pairings.cancel(rig.alice, id);
      expect(await ears.statuses(2)).to.deep.equal(['open', 'cancelled']);
      const [warning] = (await warned) as [Error & { code?: string }];
      expect(warning.code).to.equal('LATCHKEY_FOLLOWER');
      expect(told).to.equal(2);
    });

    it('sends each of many listeners only its own pairing, until unsubscribed', async () => {
      const first = await rig.pairings.open(rig.alice);
      const second = await rig.pairings.open(rig.alice);
      const ears = [listener(), listener(), listener()] as const;
      await rig.pairings.watch(rig.alice, first.id, ears[0].hear);
      const end = await rig.pairings.watch(rig.alice, first.id, ears[1].hear);
      await rig.pairings.watch(rig.alice, second.id, ears[2].hear);
      await end();
      await rig.pairings.cancel(rig.alice, first.id);
      await rig.pairings.cancel(rig.alice, second.id);
      expect(await ears[0].statuses(2)).to.deep.equal(['open', 'cancelled']);
      expect(await ears[2].statuses(2)).to.deep.equal(['open', 'cancelled']);
      expect(await ears[1].statuses(1)).to.deep.equal(['open']);
    });
  });

  describe('by the clock', () => {
    it('sends the next code and the expiry without a change', async () => {
      const rig = await pairingRig();
      const { id } = await rig.pairings.open(rig.alice);
      const ears = listener();
      rig.clock.now = start + 59_750;
      await rig.pairings.watch(rig.alice, id, ears.hear);
      rig.clock.now = start + 60_000;
      await ears.until(() => ears.told.length === 2);
      expect(ears.told[1]).to.include({ status: 'open', codeExpiresIn: 60 });
      expect(ears.told[1]?.code).to.not.equal(ears.told[0]?.code);
      rig.clock.now = start + 299_750;
      const late = listener();
      await rig.pairings.watch(rig.alice, id, late.hear);
      rig.clock.now = start + 300_000;
      expect(await late.statuses(2)).to.deep.equal(['open', 'expired']);
      await rig.close();
    });
  });

  describe('without change notices', () => {
    onEachState((openState) => {
      let rig: PairingRig;
      let state: SharedState;
      /** Follows with a short interval over a state whose change notices are dropped. */
      const deaf = () => followers({ subscribe: () => async () => {} }, rig.pairings.view, 0.02);
      before(async () => {
        state = openState();
        rig = await pairingRig({ state, approval: 'always', localNow: Date.now });
      });
      after(() => rig.close());

      it('still sends every change, at the reading interval', async () => {
        const id = await claimed(rig);
        const following = deaf();
        const ears = listener();
        await following.follow(rig.alice, id, ears.hear);
        await rig.pairings.cancel(rig.alice, id);
        expect(await ears.statuses(2)).to.deep.equal(['claimed', 'cancelled']);
        await following.close();
      });

      it('sends undefined once if Redis lost the pairing', async () => {
        const id = await claimed(rig);
        const following = deaf();
        const ears = listener();
        await following.follow(rig.alice, id, ears.hear);
        await state.delete([`pairing:${id}`]);
        expect(await ears.statuses(2)).to.deep.equal(['claimed', undefined]);
        await following.close();
        expect(ears.told).to.have.length(2);
      });

      for (const count of [1, 20, 200]) {
        it(`ends ${count} followers at the end of the service, and accepts no others`, async () => {
          const id = await claimed(rig);
          const following = deaf();
          const ears = Array.from({ length: count }, listener);
          await Promise.all(ears.map(({ hear }) => following.follow(rig.alice, id, hear)));
          await following.close();
          await following.close();
          for (const each of ears) expect(each.told.at(-1)).to.equal(undefined);
          const late = listener();
          const refused = await following.follow(rig.alice, id, late.hear).catch((error: unknown) => error);
          expect(refused).to.include({ code: 'ERR_STATE_UNAVAILABLE', retryAfterSeconds: 2 });
          expect(late.told).to.deep.equal([]);
          await rig.pairings.cancel(rig.alice, id);
        });
      }

      it('stops reading without followers', async () => {
        const id = await claimed(rig);
        const following = deaf();
        const end = await following.follow(rig.alice, id, () => {});
        await end();
        const again = listener();
        await following.follow(rig.alice, id, again.hear);
        await following.close();
        await rig.pairings.cancel(rig.alice, id);
        expect(again.told.map((view) => view?.status)).to.deep.equal(['claimed', undefined]);
      });
    });
  });
});
