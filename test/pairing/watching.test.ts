// Following the changes of a pairing.
import { once } from 'node:events';
import { expect } from 'chai';
import type { PairingView } from '../../src/pairing/view.js';
import { followers } from '../../src/pairing/watching.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { SharedState, Subscriber } from '../../src/vocabulary/ports.js';
import { codeOf, type PairingRig, pairingRig, start } from '../support/pairing-rig.js';
import { startRedis } from '../support/redis.js';
import { onEachState, tapped } from '../support/tapped-state.js';

type Told = PairingView | undefined;

/** A listener that records its views. Tests can wait for them. */
function listener() {
  const told: Told[] = [];
  let wake = (): void => undefined;
  /** The sequence of statuses. A new code is not a new status, because a new minute can begin at any time. */
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
    /** Resolves to the statuses once there are this many. */
    async statuses(count: number): Promise<readonly (string | undefined)[]> {
      await this.until(() => statuses().length >= count);
      return statuses();
    },
  };
}

/** A pairing that waits for approval: its view does not change while a test runs, as an open one does with its code. */
async function claimed(rig: PairingRig): Promise<string> {
  const { id, code = '' } = await rig.pairings.open(rig.alice);
  await rig.claim(code);
  return id;
}

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

  describe('by change notices', () => {
    it('sends a change of another process without waiting for the next read', async () => {
      const server = await startRedis();
      const [here, there] = [redisState(server.client()), redisState(server.client())];
      const rig = await pairingRig({ state: here, approval: 'always', localNow: Date.now });
      const id = await claimed(rig);
      const elsewhere = followers(there, rig.pairings.view, 3600);
      const ears = listener();
      await elsewhere.follow(rig.alice, id, ears.hear);
      await rig.pairings.cancel(rig.alice, id);
      expect(await ears.statuses(2)).to.deep.equal(['claimed', 'cancelled']);
      await elsewhere.close();
      await rig.close();
      for (const state of [here, there]) await state.close();
      await server.stop();
    });

    /** A state whose subscription the test controls, and whose own change notices are dropped. */
    async function setUp() {
      const tap = tapped(memoryState());
      let subscriber: Subscriber | undefined;
      let subscriptions = 0;
      const published: (readonly [string, string])[] = [];
      const own: Partial<SharedState> = {
        subscribe(_channel, given) {
          subscriber = given;
          subscriptions += 1;
          return async () => {
            subscriptions -= 1;
          };
        },
        async publish(channel, message) {
          published.push([channel, message]);
          if (tap.mishap('publish', 0) === 'fails') throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
        },
      };
      const state: SharedState = new Proxy(tap.state, {
        get: (target, verb: keyof SharedState) => own[verb] ?? target[verb],
      });
      const rig = await pairingRig({ state, localNow: Date.now });
      const { id } = await rig.pairings.open(rig.alice);
      return {
        tap,
        rig,
        id,
        published,
        subscriber: () => subscriber as Subscriber,
        subscriptions: () => subscriptions,
      };
    }

    it('keeps following if the subscription is lost, and reads again when it is restored', async () => {
      const { rig, id, subscriber } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice, id, ears.hear);
      subscriber().restored();
      subscriber().lost();
      await rig.pairings.cancel(rig.alice, id);
      expect(await ears.statuses(1)).to.deep.equal(['open']);
      subscriber().restored();
      expect(await ears.statuses(2)).to.deep.equal(['open', 'cancelled']);
      await rig.close();
    });

    it('reads again if the pairing changed before the subscription began', async () => {
      const { rig, id, subscriber } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice, id, ears.hear);
      await rig.pairings.cancel(rig.alice, id);
      subscriber().restored();
      expect(await ears.statuses(2)).to.deep.equal(['open', 'cancelled']);
      await rig.close();
    });

    it('sends undefined once if a change cannot be read, and removes the listener', async () => {
      const { rig, id, subscriber, tap } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice, id, ears.hear);
      tap.mishap = () => 'fails';
      subscriber().message(id);
      expect(await ears.statuses(2)).to.deep.equal(['open', undefined]);
      tap.mishap = () => 'none';
      subscriber().restored();
      await rig.pairings.cancel(rig.alice, id);
      await rig.close();
      expect(ears.told).to.have.length(2);
    });

    it('rejects if the first read fails, and keeps no listener', async () => {
      const { rig, id, tap } = await setUp();
      const ears = listener();
      tap.mishap = () => 'fails';
      const refusal = await rig.pairings.watch(rig.alice, id, ears.hear).catch(codeOf);
      expect(refusal).to.equal('ERR_STATE_UNAVAILABLE');
      await rig.close();
      expect(ears.told).to.have.length(0);
    });

    it('subscribes once for all listeners, and ends the subscription and all listeners on close', async () => {
      const { rig, id, subscriptions } = await setUp();
      const ears = [listener(), listener()];
      for (const { hear } of ears) await rig.pairings.watch(rig.alice, id, hear);
      expect(subscriptions()).to.equal(1);
      await rig.close();
      expect(subscriptions()).to.equal(0);
      for (const { told } of ears) expect(told.map((view) => view?.status)).to.deep.equal(['open', undefined]);
    });

    it('sends views in order even if reads overlap', async () => {
      const { rig, id, subscriber, tap } = await setUp();
      const ears = listener();
      await rig.pairings.watch(rig.alice, id, ears.hear);
      const gates: (() => void)[] = [];
      tap.before = (verb) => (verb === 'get' ? new Promise<void>((resolve) => gates.push(resolve)) : undefined);
      subscriber().message(id);
      subscriber().message(id);
      expect(gates, 'one read at a time').to.have.length(1);
      tap.before = () => undefined;
      await rig.pairings.cancel(rig.alice, id);
      gates[0]?.();
      expect((await ears.statuses(2)).at(-1)).to.equal('cancelled');
      await rig.close();
    });

    it('does not read again for a change notice of another pairing', async () => {
      const { rig, id, subscriber, tap } = await setUp();
      await rig.pairings.watch(rig.alice, id, () => {});
      const before = tap.calls.length;
      subscriber().message('another');
      expect(tap.calls).to.have.length(before);
      subscriber().message(id);
      expect(tap.calls.length).to.be.above(before);
      await rig.close();
    });

    it('publishes the id of each stored or changed pairing, and nothing otherwise', async () => {
      const { rig, id, published } = await setUp();
      expect(published.splice(0)).to.deep.equal([['pairings', id]]);
      await rig.pairings.cancel(rig.alice, id);
      expect(published.splice(0)).to.deep.equal([['pairings', id]]);
      expect(await rig.pairings.cancel(rig.alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
      await rig.pairings.view(rig.alice, id);
      expect(published).to.deep.equal([]);
      await rig.close();
    });

    it('publishes the id even if the answer to the change was lost', async () => {
      const { rig, id, published, tap } = await setUp();
      published.length = 0;
      tap.mishap = (verb) => (verb === 'compareAndSet' ? 'answer lost' : 'none');
      expect(await rig.pairings.cancel(rig.alice, id).catch(codeOf)).to.equal('ERR_STATE_UNAVAILABLE');
      expect(published).to.deep.equal([['pairings', id]]);
      expect((await rig.pairings.view(rig.alice, id)).status).to.equal('cancelled');
      await rig.close();
    });

    it('publishes the id of a withdrawn pairing, and applies every change even if publishing fails', async () => {
      const { rig, published, tap } = await setUp();
      tap.mishap = (verb) => (verb === 'publish' ? 'fails' : 'none');
      const opened = [await rig.pairings.open(rig.alice), await rig.pairings.open(rig.alice)];
      expect(opened.map(({ status }) => status)).to.deep.equal(['open', 'open']);
      published.length = 0;
      expect(await rig.pairings.open(rig.alice).catch(codeOf)).to.equal('ERR_PAIRING_LIMIT');
      expect(published).to.have.length(2);
      expect(new Set(published.map(([, message]) => message)).size).to.equal(1);
      await rig.close();
    });
  });
});
