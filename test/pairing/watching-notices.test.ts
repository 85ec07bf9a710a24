// Watching a pairing by change notices: which notices are sent, and what is read after a notice or a loss.
import { expect } from 'chai';
import { followers } from '../../src/pairing/watching.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { SharedState, Subscriber } from '../../src/vocabulary/ports.js';
import { codeOf, pairingRig } from '../support/pairing-rig.js';
import { startRedis } from '../support/redis.js';
import { tapped } from '../support/tapped-state.js';
import { claimed, listener } from './pairing-listener.js';

describe('watching a pairing by change notices', () => {
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
