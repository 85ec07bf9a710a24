// test/pairing: following a pairing while it happens.
import { once } from 'node:events';
import { expect } from 'chai';
import type { PairingView } from '../../src/pairing/view.js';
import type { SharedState, Watcher } from '../../src/ports.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { codeOf, type PairingRig, pairingRig, start } from '../support/pairing-rig.js';
import { onEachState, tapped } from '../support/tapped-state.js';

type Told = PairingView | undefined;

/** A listener that keeps what it is told, and can be waited on. */
function listener() {
  const told: Told[] = [];
  let wake = (): void => undefined;
  /** The statuses one after the other; a new code (a minute may begin at any time) is no new status. */
  const statuses = () =>
    told.map((view) => view?.status).filter((status, at, all) => at === 0 || status !== all[at - 1]);
  return {
    told,
    hear(view: Told): void {
      told.push(view);
      wake();
    },
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    /** The statuses, once there are this many. */
    async statuses(count: number): Promise<readonly (string | undefined)[]> {
      await this.until(() => statuses().length >= count);
      return statuses();
    },
  };
}

describe('watching a pairing', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    before(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });
    after(() => rig.close());

    it('tells the view now and at each change, whichever instance made it', async () => {
      const { id, code = '' } = await rig.pairings.open(rig.alice);
      const ears = listener();
      const end = await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      expect(ears.told[0]).to.deep.include({ id, status: 'open', code });
      const other = rig.instance();
      await other.redeem({ code }, { clientId: 'app', deviceName: 'Phone', address: '192.0.2.1' });
      expect(await ears.statuses(2)).to.deep.equal(['open', 'redeemed']);
      expect(ears.told.find((view) => view?.status === 'redeemed')?.device).to.have.property('name', 'Phone');
      await rig.outcome(code);
      expect(await ears.statuses(3)).to.deep.equal(['open', 'redeemed', 'burned']);
      await end();
    });

    it('survives a listener that throws, and tells it nothing more', async () => {
      const { id } = await rig.pairings.open(rig.alice);
      const ears = listener();
      let told = 0;
      const warned = once(process, 'warning');
      await rig.pairings.watch(rig.alice.userId, id, () => {
        told += 1;
        if (told > 1) throw new Error('a broken stream');
      });
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      await rig.pairings.cancel(rig.alice.userId, id);
      expect(await ears.statuses(2)).to.deep.equal(['open', 'cancelled']);
      const [warning] = (await warned) as [Error & { code?: string }];
      expect(warning.code).to.equal('LATCHKEY_FOLLOWER');
      expect(told).to.equal(2);
    });

    it('tells many listeners, each of its own pairing only, until unwatched', async () => {
      const first = await rig.pairings.open(rig.alice);
      const second = await rig.pairings.open(rig.alice);
      const ears = [listener(), listener(), listener()] as const;
      await rig.pairings.watch(rig.alice.userId, first.id, ears[0].hear);
      const end = await rig.pairings.watch(rig.alice.userId, first.id, ears[1].hear);
      await rig.pairings.watch(rig.alice.userId, second.id, ears[2].hear);
      await end();
      await rig.pairings.cancel(rig.alice.userId, first.id);
      await rig.pairings.cancel(rig.alice.userId, second.id);
      expect(await ears[0].statuses(2)).to.deep.equal(['open', 'cancelled']);
      expect(await ears[2].statuses(2)).to.deep.equal(['open', 'cancelled']);
      expect(await ears[1].statuses(1)).to.deep.equal(['open']);
    });
  });

  describe('by the clock', () => {
    it('tells the next code and the expiry without any change', async () => {
      const rig = await pairingRig();
      const { id } = await rig.pairings.open(rig.alice);
      const ears = listener();
      rig.clock.now = start + 59_750;
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      rig.clock.now = start + 60_000;
      await ears.until(() => ears.told.length === 2);
      expect(ears.told[1]).to.include({ status: 'open', codeExpiresIn: 60 });
      expect(ears.told[1]?.code).to.not.equal(ears.told[0]?.code);
      rig.clock.now = start + 299_750;
      const late = listener();
      await rig.pairings.watch(rig.alice.userId, id, late.hear);
      rig.clock.now = start + 300_000;
      expect(await late.statuses(2)).to.deep.equal(['open', 'expired']);
      await rig.close();
    });
  });

  describe('when the state is lost', () => {
    /** A state whose watch the test speaks for. */
    async function setUp() {
      const tap = tapped(memoryState());
      let watcher: Watcher | undefined;
      let watches = 0;
      const state: SharedState = new Proxy(tap.state, {
        get(target, verb: keyof SharedState) {
          if (verb !== 'watch') return target[verb];
          return (_prefix: string, given: Watcher) => {
            watcher = given;
            watches += 1;
            return async () => {
              watches -= 1;
            };
          };
        },
      });
      const rig = await pairingRig({ state, localNow: Date.now });
      const { id } = await rig.pairings.open(rig.alice);
      return { tap, rig, id, watcher: () => watcher as Watcher, watches: () => watches };
    }

    it('tells undefined once and forgets the listener', async () => {
      const { rig, id, watcher } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      watcher().restored(() => true);
      watcher().lost();
      watcher().lost();
      await rig.pairings.cancel(rig.alice.userId, id);
      watcher().restored(() => true);
      watcher().changed(undefined);
      expect(ears.told.map((view) => view?.status)).to.deep.equal(['open', undefined]);
    });

    it('reads again what changed before the watch was heard', async () => {
      const { rig, id, watcher } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      await rig.pairings.cancel(rig.alice.userId, id);
      watcher().restored(() => true);
      expect(await ears.statuses(2)).to.deep.equal(['open', 'cancelled']);
    });

    it('tells undefined when a change cannot be read, and when everything is gone', async () => {
      const { rig, id, watcher, tap } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      tap.mishap = () => 'fails';
      watcher().changed(`pairing:${id}`);
      expect(await ears.statuses(2)).to.deep.equal(['open', undefined]);
      tap.mishap = () => 'none';
      const others = listener();
      await rig.pairings.watch(rig.alice.userId, id, others.hear);
      await tap.state.delete([`pairing:${id}`]);
      watcher().changed(undefined);
      expect(await others.statuses(2)).to.deep.equal(['open', undefined]);
    });

    it('rejects when the pairing cannot be read to begin with, and keeps no listener', async () => {
      const { rig, id, watcher, tap } = await setUp();
      const ears = listener();
      tap.mishap = () => 'fails';
      const refusal = await rig.pairings.watch(rig.alice.userId, id, ears.hear).catch(codeOf);
      expect(refusal).to.equal('ERR_STATE_UNAVAILABLE');
      watcher().lost();
      expect(ears.told).to.have.length(0);
    });

    it('sets one watch for all, and ends it and every listener on close', async () => {
      const { rig, id, watches } = await setUp();
      const ears = [listener(), listener()];
      for (const { hear } of ears) await rig.pairings.watch(rig.alice.userId, id, hear);
      expect(watches()).to.equal(1);
      await rig.close();
      expect(watches()).to.equal(0);
      for (const { told } of ears) expect(told.map((view) => view?.status)).to.deep.equal(['open', undefined]);
    });

    it('tells views in their order, however reads overlap', async () => {
      const { rig, id, watcher, tap } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice.userId, id, ears.hear);
      const gates: (() => void)[] = [];
      tap.before = (verb) => (verb === 'get' ? new Promise<void>((resolve) => gates.push(resolve)) : undefined);
      watcher().changed(`pairing:${id}`);
      watcher().changed(`pairing:${id}`);
      expect(gates, 'one read at a time').to.have.length(1);
      tap.before = () => undefined;
      await rig.pairings.cancel(rig.alice.userId, id);
      gates[0]?.();
      expect((await ears.statuses(2)).at(-1)).to.equal('cancelled');
    });
  });
});
