// redisState on a single server that fails and recovers.
import { inspect } from 'node:util';
import { expect } from 'chai';
import { type RedisStateOptions, redisState } from '../../../src/stores/redis/redis-state.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import { type Recorder, recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

const verbs: Record<string, (state: SharedState) => Promise<unknown>> = {
  get: (state) => state.get(['key', 'other']),
  put: (state) => state.put('late', 'value', 60),
  putIfAbsent: (state) => state.putIfAbsent('late', 'value', 60),
  take: (state) => state.take('key'),
  compareAndSet: (state) => state.compareAndSet('key', 'value', 'next', 60),
  increment: (state) => state.increment('late', 60),
  delete: (state) => state.delete(['key']),
  now: (state) => state.now(),
  publish: (state) => state.publish('channel', 'message'),
};

/** Expects that every verb is refused. Returns the time of the slowest one, in seconds. */
async function expectUnavailable(state: SharedState): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Object.entries(verbs).map(async ([name, verb]) => {
      const error = await verb(state).then(
        () => undefined,
        (reason) => reason,
      );
      expect(error, name).to.include({ name: 'LatchkeyError', code: 'ERR_STATE_UNAVAILABLE', status: 503 });
      expect(error.retryAfterSeconds, name).to.equal(2);
    }),
  );
  return (performance.now() - start) / 1000;
}

const answers = (state: SharedState): Promise<boolean> =>
  state.get(['key']).then(
    () => true,
    () => false,
  );

describe('redisState when its server fails', () => {
  let server: RedisServer;
  let state: SharedState;
  let heard: Recorder;
  let events: LatchkeyEvent[];
  let opened: SharedState[] = [];

  function open(options: RedisStateOptions & { readonly password?: string } = {}): SharedState {
    const { password, ...rest } = options;
    const client = server.client(password === undefined ? {} : { password });
    const one = redisState(client, { heartbeatSeconds: 0.25, onEvent: (event) => events.push(event), ...rest });
    opened.push(one);
    return one;
  }

  beforeEach(async () => {
    server = await startRedis();
    events = [];
    state = open();
    heard = recorder();
    state.subscribe('channel', heard);
    await until('messages arrive', () => heard.live);
    await state.put('key', 'value', 60);
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    opened = [];
    await server.stop();
  });

  it('refuses every verb immediately while the server is down', async () => {
    await server.kill();
    await until('the loss is told', () => !heard.live);
    expect(await expectUnavailable(state)).to.be.below(2);
  });

  it('recovers when the server is back, and runs no delayed commands', async () => {
    await server.kill();
    await until('the loss is told', () => !heard.live);
    await expectUnavailable(state);
    await server.restart();
    await until('it answers', () => answers(state));
    await until('messages arrive again', () => heard.live);
    expect(await state.get(['late'])).to.deep.equal([undefined]);
    await state.publish('channel', 'again');
    await until('the message arrives', () => heard.messages.length > 0);
    expect(heard.messages).to.deep.equal(['again']);
  });

  it('refuses every verb in bounded time while the server hangs', async () => {
    server.freeze();
    expect(await expectUnavailable(state)).to.be.below(2);
    await until('the loss is told', () => !heard.live, 2);
    server.thaw();
    await until('it answers', () => answers(state));
    await until('messages arrive again', () => heard.live);
  });

  it('starts without a server, and works as soon as it is up', async () => {
    await server.kill();
    const early = open();
    const waiting = recorder();
    early.subscribe('channel', waiting);
    expect(await expectUnavailable(early)).to.be.below(3);
    await server.restart();
    await until('it answers', () => answers(early));
    await until('messages arrive', () => waiting.live);
  });

  it('reports an outage once, not at every attempt', async () => {
    await server.kill();
    await until('the loss is told', () => !heard.live);
    const second = open();
    second.subscribe('channel', recorder());
    await expectUnavailable(second);
    const errors = (): LatchkeyEvent[] => events.filter((event) => event.type === 'error');
    await until('both have told it', () => errors().length >= 2);
    for (let round = 0; round < 5; round += 1) {
      await expectUnavailable(state);
    }
    expect(errors()).to.have.length(2);
    for (const event of errors()) {
      expect(event).to.include({ type: 'error', code: 'ERR_STATE_UNAVAILABLE' });
    }
  });

  it('reports a server that is too slow although the connection is open', async () => {
    const [slow, patient] = [open({ commandTimeoutSeconds: 0.2 }), open({ commandTimeoutSeconds: 5 })];
    await Promise.all([slow.get(['key']), patient.get(['key'])]);
    server.freeze();
    const waiting = patient.get(['key']);
    expect(await slow.put('key', 'value', 60).catch((reason: unknown) => reason)).to.include({
      code: 'ERR_STATE_UNAVAILABLE',
    });
    server.thaw();
    expect(await waiting).to.deep.equal(['value']);
    expect(events).to.deep.equal([
      {
        type: 'error',
        code: 'ERR_STATE_UNAVAILABLE',
        message: 'Redis: A command was not answered in time',
        cause: 'A command was not answered in time',
      },
    ]);
  });

  it('runs scripts after Redis has flushed them', async () => {
    const admin = server.client();
    const counts: Promise<number>[] = [];
    for (let round = 0; round < 50; round += 1) {
      counts.push(state.increment('count', 60));
      if (round % 5 === 0) {
        await admin.script('FLUSH');
      }
    }
    expect((await Promise.all(counts)).sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    await admin.script('FLUSH');
    expect(await state.compareAndSet('key', 'value', 'next', 60)).to.equal(true);
  });

  it("puts no keys, values or passwords into errors, and does not change the host's client", async () => {
    const admin = server.client();
    await state.put('key', 'a-secret-value', 60);
    await admin.set('latchkey:list', '1');
    await admin.lpush('latchkey:a-secret-key', 'x');
    const error = await state.take('a-secret-key').catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
    expect(inspect(error, { depth: null, showHidden: true })).to.not.include('a-secret');
    expect(inspect(error, { depth: null })).to.include('WRONGTYPE');

    await admin.config('SET', 'requirepass', 'the-real-password');
    const locked = open({ password: 'a-secret-guess' });
    const refusal = await locked.get(['key']).catch((reason: unknown) => reason);
    await until('the refusal is told', () => events.some((event) => inspect(event).includes('WRONGPASS')));
    expect(inspect([refusal, events], { depth: null, showHidden: true })).to.not.include('a-secret');
    expect(await admin.ping()).to.equal('PONG');
  });

  for (const count of [1, 20, 200]) {
    it(`waits at its end for ${count} commands that are under way, and refuses later ones`, async () => {
      // The commands wait for the first connection.
      const one = open();
      const sent = Array.from({ length: count }, (_, index) => one.put(`key-${index}`, 'value', 60));
      const closing = one.close();
      const refused = await one.get(['key']).catch((error: unknown) => error);
      expect(refused).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
      await Promise.all(sent);
      await closing;
      expect(await state.get([`key-${count - 1}`])).to.deep.equal(['value']);
      expect(events.filter((event) => event.type === 'error')).to.deep.equal([]);
    });
  }
});
