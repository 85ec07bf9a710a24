// test/e2e: Redis is flushed, Redis is down, Postgres is down. Who has access, and how the app recovers by itself.
import { expect } from 'chai';
import { setDisabled } from '../../scripts/demo/administrator.js';
import { type Answer, visitor } from '../../scripts/demo/visitor.js';
import { until } from '../support/processes.js';
import { follow, openPairing, type Paired, pair, redeem, rolesOf, whoIs } from './journey.js';
import { type Browser, type Stack, startStack } from './stack.js';

describe('outages', function () {
  this.timeout(180_000);
  let stack: Stack;
  let admin: Browser;
  let bob: Browser;
  let phone: Paired;
  before(async () => {
    stack = await startStack();
    admin = await stack.loggedIn('alice', 'admins');
    bob = await stack.loggedIn('bob', 'engineers');
    phone = await pair(bob.one, stack.two.front);
  });
  after(() => stack?.stop());

  /** Waits until both instances say this about themselves to a load balancer that asks them directly. */
  async function untilBothSay(status: number, health: string, ...components: readonly string[]): Promise<void> {
    for (const { url } of [stack.one, stack.two]) {
      await until(`${url} is ${health}`, async () => {
        const { status: answered, json } = await visitor(url).get('/healthz');
        const failed = (json['problems'] as readonly { readonly component: string }[]).map((each) => each.component);
        return JSON.stringify([answered, json['status'], failed]) === JSON.stringify([status, health, components]);
      });
    }
  }

  it('are absent at first: both instances are ready', () => untilBothSay(200, 'ready'));

  function expectUnavailable(answer: Answer, code: string): void {
    expect(answer.status, answer.text).to.equal(503);
    expect(answer.json['code'] ?? answer.json['error']).to.equal(code);
    expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
  }

  describe('when the second instance loses Redis without noticing, it', () => {
    afterEach(() => stack.redisWire.heal());

    it('refuses a disabled user and a revoked device as soon as the first instance has answered', async () => {
      const carol = await stack.loggedIn('carol', 'analysts');
      const [lost, kept] = [await pair(carol.one, stack.one.front), await pair(carol.one, stack.one.front)];
      for (const { token } of [lost, kept, lost, kept])
        expect((await whoIs(stack.two.front, token)).status).to.equal(200);

      stack.redisWire.stall();
      expect((await carol.one.send('DELETE', `/auth/devices/${lost.deviceId}`)).status).to.equal(204);
      expect((await whoIs(stack.two.front, lost.token)).status).to.equal(401);
      expect((await whoIs(stack.two.front, kept.token)).status).to.equal(200);

      stack.redisWire.heal();
      for (let request = 0; request < 3; request += 1) await whoIs(stack.two.front, kept.token);
      stack.redisWire.muteAnswers();
      const disabled = await setDisabled(admin.one, 'carol', true);
      expect(disabled.status, disabled.text).to.equal(200);
      expect((await whoIs(stack.two.front, kept.token)).status).to.equal(403);
      expect((await carol.two.get('/auth/me')).status).to.equal(403);

      stack.redisWire.heal();
      expect((await setDisabled(admin.one, 'carol', false)).status).to.equal(200);
      expect((await whoIs(stack.two.front, kept.token)).status).to.equal(200);
    });
  });

  describe('when Redis is flushed during traffic, the app', () => {
    it('accepts and refuses the same users and devices as before', async () => {
      const revoked = await pair(bob.one, stack.one.front);
      await bob.two.send('DELETE', `/auth/devices/${revoked.deviceId}`);
      const mallory = await stack.loggedIn('mallory', 'admins');
      const redis = stack.redis.client();

      let flushing = true;
      const traffic = async (ask: () => Promise<Answer>): Promise<Set<number>> => {
        const seen = new Set<number>();
        while (flushing) seen.add((await ask()).status);
        return seen;
      };
      const all = Promise.all([
        traffic(() => bob.one.get('/auth/me')),
        traffic(() => bob.two.get('/auth/me')),
        traffic(() => whoIs(stack.front, phone.token)),
        traffic(() => whoIs(stack.front, revoked.token)),
        traffic(() => mallory.one.get('/auth/me')),
        traffic(() => mallory.two.get('/auth/me')),
      ]);
      for (let flush = 0; flush < 10; flush += 1) {
        await redis.flushall();
        // Both instances must handle a request between two flushes.
        await Promise.all([bob.one.get('/auth/me'), bob.two.get('/auth/me')]);
      }
      flushing = false;
      expect((await all).map((seen) => [...seen])).to.deep.equal([[200], [200], [200], [401], [403], [403]]);
    });

    it('applies a later change at both instances', async () => {
      await stack.redis.client().flushall();
      const carol = await stack.loggedIn('carol', 'analysts');
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(200);
      await stack.redis.client().flushall();
      await setDisabled(admin.one, 'carol', true);
      for (const at of [carol.two, carol.one]) expect((await at.get('/auth/me')).status).to.equal(403);
      await setDisabled(admin.one, 'carol', false);
      for (const at of [carol.two, carol.one]) expect((await at.get('/auth/me')).status).to.equal(200);
    });

    it('loses an open pairing, but can open a new one', async () => {
      const { id, code } = await openPairing(bob.one);
      const { opened, states } = follow(bob.one, stack.two.front, id);
      await opened;
      await stack.redis.client().flushall();
      expect(await states).to.not.include('redeemed');
      const answer = await redeem(stack.two.front, code);
      expect([answer.status, answer.json['error']]).to.deep.equal([400, 'invalid_grant']);
      await pair(bob.two, stack.one.front);
    });
  });

  describe('when Redis is down, the app', () => {
    before(() => stack.redis.stop('SIGKILL'));

    it('accepts known and new users by header at both instances', async () => {
      expect(rolesOf(await bob.one.get('/auth/me'))).to.deep.equal(['developer']);
      expect(rolesOf(await bob.two.get('/auth/me'))).to.deep.equal(['developer']);
      const newcomer = await stack.loggedIn('dave', 'analysts');
      expect(rolesOf(await newcomer.two.get('/auth/me'))).to.deep.equal(['analyst']);
      const changed = await stack.loggedIn('dave', 'engineers');
      expect(rolesOf(await changed.one.get('/auth/me'))).to.deep.equal(['developer']);
    });

    it('accepts phones by token', async () => {
      expect((await whoIs(stack.front, phone.token)).status).to.equal(200);
      expect((await whoIs(stack.front, phone.token)).status).to.equal(200);
    });

    it('is degraded, and says that the shared state is missing', () => untilBothSay(200, 'degraded', 'state'));

    it('answers 503, never 401, to pairing requests, which need Redis to be safe', async () => {
      expectUnavailable(await bob.one.send('POST', '/auth/pairings', {}), 'ERR_STATE_UNAVAILABLE');
      expectUnavailable(await redeem(stack.two.front, 'AAAA-BBBB-CCCC'), 'temporarily_unavailable');
    });

    it('applies an administrator’s change at both instances when the call has returned', async () => {
      const carol = await stack.loggedIn('carol', 'analysts');
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(200);
      const answer = await setDisabled(admin.one, 'carol', true);
      expect(answer.status, answer.text).to.equal(200);
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(403);
    });

    it('recovers by itself: pairing works, and changes reach both instances', async () => {
      await stack.restartRedis();
      for (const at of [bob.one, bob.two]) {
        await until('pairing works again', async () => {
          const { status, json } = await at.send('POST', '/auth/pairings', {});
          if (status === 201) await at.send('DELETE', `/auth/pairings/${json['id']}`);
          return status === 201;
        });
      }
      const carol = await stack.loggedIn('carol', 'analysts');
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(403);
      expect((await setDisabled(admin.two, 'carol', false)).status).to.equal(200);
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(200);
      const { token } = await pair(bob.one, stack.two.front);
      expect((await whoIs(stack.one.front, token)).status).to.equal(200);
    });
  });

  for (const [how, begin] of [
    ['breaks off', () => stack.wire.cut()],
    ['falls silent', () => stack.wire.stall()],
  ] as const) {
    describe(`when Postgres ${how}, the app`, () => {
      before(async () => {
        await until('both instances have bob and his phone in memory', async () => {
          const mark = await stack.mark();
          for (const at of [bob.one, bob.two]) expect((await at.get('/auth/me')).status).to.equal(200);
          for (const at of [stack.one.front, stack.two.front]) {
            expect((await whoIs(at, phone.token)).status).to.equal(200);
          }
          return (await mark.statements()).length === 0;
        });
        begin();
      });
      after(() => stack.wire.heal());

      it('continues to serve known users', async () => {
        for (const at of [bob.one, bob.two]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(['developer']);
        for (const at of [stack.one.front, stack.two.front]) {
          expect((await whoIs(at, phone.token)).status).to.equal(200);
        }
      });

      it('answers 503, never 401, when it has to ask the database', async () => {
        const changed = await stack.loggedIn('carol', `analysts, ${how.replace(' ', '-')}`);
        expectUnavailable(await changed.one.get('/auth/me'), 'ERR_DIRECTORY_UNAVAILABLE');
        // An invalid token still gets 401: the check needs no database.
        expect((await whoIs(stack.two.front, `${phone.token}x`)).status).to.equal(401);
      });

      it('is unavailable when it no longer answers from memory', () => untilBothSay(503, 'unavailable', 'directory'));

      it('recovers by itself', async () => {
        stack.wire.heal();
        await untilBothSay(200, 'ready');
        const carol = await stack.loggedIn('carol', `analysts, ${how.replace(' ', '-')}`);
        await until('the first instance accepts carol', async () => (await carol.one.get('/auth/me')).status === 200);
        await until('the second instance accepts carol', async () => (await carol.two.get('/auth/me')).status === 200);
        await pair(bob.two, stack.one.front);
      });
    });
  }

  it('end no process, and anonymous requests are still refused', async () => {
    expect([stack.one.process.running, stack.two.process.running]).to.deep.equal([true, true]);
    expect((await visitor(stack.front).get('/auth/me')).status).to.equal(401);
  });
});
