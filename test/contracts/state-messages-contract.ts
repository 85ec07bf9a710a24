// Contract of SharedState, part: messages, and closing.
import { strict as assert } from 'node:assert';
import type { SharedState } from '../../src/vocabulary/ports.js';
import type { TestRunner } from './runner.js';
import { eventually, type Recorder, recorder, type StateHarness, uniqueKey } from './state-harness.js';

/** `publish`, `subscribe` and `close`. */
export function stateMessagesContract(harness: StateHarness, { describe, it, before, after }: TestRunner): void {
  describe('publish and subscribe', () => {
    let states: readonly [SharedState, ...SharedState[]];
    let state: SharedState;
    /** The last instance. Messages must also reach instances that did not send them. */
    let other: SharedState;

    before(async () => {
      states = await harness.open();
      state = states[0];
      other = states[states.length - 1] ?? state;
    });
    after(async () => {
      await Promise.all(states.map((one) => one.close()));
    });

    const uniqueChannel = (): string => uniqueKey('channel:');
    async function subscribed(
      one: SharedState,
      channel: string,
    ): Promise<{ heard: Recorder; unsubscribe: () => Promise<void> }> {
      const heard = recorder();
      const unsubscribe = one.subscribe(channel, heard);
      await eventually(harness, 'messages arrive', async () => heard.live);
      return { heard, unsubscribe };
    }
    const receives = (heard: Recorder, ...messages: string[]): Promise<void> =>
      eventually(harness, 'the messages arrive', async () => messages.every((text) => heard.messages.includes(text)));

    it('starts a subscription as lost, and restores it after the call has returned', async () => {
      const channel = uniqueChannel();
      for (let round = 0; round < 2; round += 1) {
        const heard = recorder();
        const unsubscribe = other.subscribe(channel, heard);
        assert.equal(heard.live, false);
        await eventually(harness, 'it is restored', async () => heard.live);
        assert.equal(heard.losses, 0);
        // The second subscriber of a subscribed channel starts in the same way.
        if (round === 1) await unsubscribe();
      }
    });

    it('delivers each message once to each subscriber of every instance, whichever instance sends it', async () => {
      const channel = uniqueChannel();
      const all = await Promise.all([...states, ...states].map((one) => subscribed(one, channel)));
      const sent = states.map((_, index) => `by ${index}`);
      for (const [index, one] of states.entries()) await one.publish(channel, sent[index] ?? '');
      for (const { heard, unsubscribe } of all) {
        await receives(heard, ...sent);
        assert.deepEqual([...heard.messages].sort(), sent);
        await unsubscribe();
      }
    });

    it('delivers many concurrent messages, each once and complete', async () => {
      const channel = uniqueChannel();
      const { heard, unsubscribe } = await subscribed(other, channel);
      const sent = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat(index * 20)}`);
      await Promise.all(sent.map((text, index) => (states[index % states.length] ?? state).publish(channel, text)));
      await receives(heard, ...sent);
      assert.deepEqual([...heard.messages].sort(), [...sent].sort());
      await unsubscribe();
    });

    it('keeps channels and messages unchanged, with any characters', async () => {
      for (const text of ['', ' ', 'a b\r\n$3\r\nfoo', 'é ü 日本 🎵', '{a}b{c}', '*', '[a-z]?', '"\'\\', '\u0000']) {
        const channel = uniqueKey(`channel:${text}:`);
        const { heard, unsubscribe } = await subscribed(other, channel);
        await state.publish(channel, text);
        await receives(heard, text);
        assert.deepEqual(heard.messages, [text]);
        await unsubscribe();
      }
    });

    it('delivers messages only to subscribers of exactly this channel', async () => {
      const channel = uniqueChannel();
      const exact = await subscribed(other, channel);
      const near = await Promise.all(
        [`${channel}x`, channel.slice(0, -1), `${channel.slice(0, -1)}*`, channel.toUpperCase()].map((name) =>
          subscribed(other, name),
        ),
      );
      await state.publish(channel, 'one');
      await receives(exact.heard, 'one');
      for (const { heard } of near) assert.deepEqual(heard.messages, []);
      await Promise.all([exact, ...near].map(({ unsubscribe }) => unsubscribe()));
    });

    it('separates channels from keys', async () => {
      const name = uniqueChannel();
      const { heard, unsubscribe } = await subscribed(other, name);
      await state.put(name, 'a value', 60);
      await state.publish(name, 'a message');
      await receives(heard, 'a message');
      assert.deepEqual(heard.messages, ['a message']);
      assert.deepEqual(await state.get([name]), ['a value']);
      await unsubscribe();
    });

    it('keeps no messages for later subscribers', async () => {
      const channel = uniqueChannel();
      await state.publish(channel, 'before');
      const { heard, unsubscribe } = await subscribed(other, channel);
      await state.publish(channel, 'after');
      await receives(heard, 'after');
      assert.deepEqual(heard.messages, ['after']);
      await unsubscribe();
    });

    it('delivers nothing after unsubscribing, except to other and new subscribers', async () => {
      const channel = uniqueChannel();
      const ended = await subscribed(other, channel);
      const going = await subscribed(other, channel);
      await ended.unsubscribe();
      await ended.unsubscribe();
      await state.publish(channel, 'one');
      await receives(going.heard, 'one');
      assert.deepEqual(ended.heard.messages, []);
      await going.unsubscribe();
      await state.publish(channel, 'two');
      const anew = await subscribed(other, channel);
      await state.publish(channel, 'three');
      await receives(anew.heard, 'three');
      assert.deepEqual([going.heard.messages, anew.heard.messages], [['one'], ['three']]);
      await anew.unsubscribe();
    });

    it('restores a subscription that is renewed immediately, and none that was ended before', async () => {
      const channel = uniqueChannel();
      const ended = recorder();
      for (let round = 0; round < 20; round += 1) await other.subscribe(channel, ended)();
      const { heard, unsubscribe } = await subscribed(other, channel);
      await state.publish(channel, 'one');
      await receives(heard, 'one');
      assert.deepEqual([ended.live, ended.messages], [false, []]);
      await unsubscribe();
    });

    it('delivers to the other subscribers if one throws', async () => {
      const channel = uniqueChannel();
      const fail = (): never => {
        throw new Error('a careless subscriber');
      };
      const careless = other.subscribe(channel, { message: fail, lost: fail, restored: fail });
      const { heard, unsubscribe } = await subscribed(other, channel);
      await state.publish(channel, 'one');
      await receives(heard, 'one');
      await careless();
      await unsubscribe();
    });

    it('lets a subscriber unsubscribe, subscribe and publish in its callbacks', async () => {
      const channel = uniqueChannel();
      const later = recorder();
      let unsubscribeLater = async (): Promise<void> => {};
      const unsubscribe = other.subscribe(channel, {
        message() {
          void unsubscribe();
          unsubscribeLater = other.subscribe(channel, later);
        },
        lost() {},
        restored() {
          void state.publish(channel, 'one');
        },
      });
      await eventually(harness, 'the new one is restored', async () => later.live);
      await state.publish(channel, 'two');
      await receives(later, 'two');
      assert.deepEqual(later.messages, ['two']);
      await unsubscribeLater();
    });
  });

  describe('close', () => {
    it('reports the loss to subscribers, and then refuses every verb', async () => {
      const [state, ...others] = await harness.open();
      const heard = recorder();
      const unsubscribe = state.subscribe('channel', heard);
      await eventually(harness, 'messages arrive', async () => heard.live);
      await state.close();
      assert.deepEqual([heard.live, heard.losses], [false, 1]);
      await unsubscribe();
      const late = recorder();
      await state.subscribe('channel', late)();
      const key = uniqueKey();
      const verbs: (() => Promise<unknown>)[] = [
        () => state.get([key]),
        () => state.put(key, 'v', 60),
        () => state.putIfAbsent(key, 'v', 60),
        () => state.take(key),
        () => state.compareAndSet(key, 'v', 'w', 60),
        () => state.increment(key, 60),
        () => state.delete([key]),
        () => state.now(),
        () => state.publish('channel', 'message'),
      ];
      for (const verb of verbs) {
        await assert.rejects(verb, { code: 'ERR_STATE_UNAVAILABLE', status: 503 });
      }
      assert.equal(late.live, false);
      await Promise.all([state, ...others].map((one) => one.close()));
    });

    it('can be called while a subscription starts', async () => {
      for (let round = 0; round < 5; round += 1) {
        const opened = await harness.open();
        const heard = opened.map((one) => {
          const each = recorder();
          one.subscribe('channel', each);
          return each;
        });
        await Promise.all(opened.map((one) => one.close()));
        assert.deepEqual(
          heard.map(({ live }) => live),
          heard.map(() => false),
        );
      }
    });
  });
}
