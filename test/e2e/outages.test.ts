// test/e2e: Redis flushed, Redis gone, Postgres gone: who gets in, who does not, and how it comes back by itself.
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

  function expectUnavailable(answer: Answer, code: string): void {
    expect(answer.status, answer.text).to.equal(503);
    expect(answer.json['code'] ?? answer.json['error']).to.equal(code);
    expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
  }

  describe('the second instance hears nothing of Redis, and has no sign of it', () => {
    afterEach(() => stack.redisWire.heal());

    it('refuses whom the first disabled, and whose device it revoked, from the moment the first has answered', async () => {
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

  describe('Redis is flushed in the middle of traffic', () => {
    it('keeps everybody in who is in, and everybody out who is out', async () => {
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
        // Something must have happened in between, at both.
        await Promise.all([bob.one.get('/auth/me'), bob.two.get('/auth/me')]);
      }
      flushing = false;
      expect((await all).map((seen) => [...seen])).to.deep.equal([[200], [200], [200], [401], [403], [403]]);
    });

    it('still spreads a change afterwards', async () => {
      await stack.redis.client().flushall();
      const carol = await stack.loggedIn('carol', 'analysts');
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(200);
      await stack.redis.client().flushall();
      await setDisabled(admin.one, 'carol', true);
      for (const at of [carol.two, carol.one]) expect((await at.get('/auth/me')).status).to.equal(403);
      await setDisabled(admin.one, 'carol', false);
      for (const at of [carol.two, carol.one]) expect((await at.get('/auth/me')).status).to.equal(200);
    });

    it('loses an open pairing, and no more than that', async () => {
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

  describe('Redis is gone', () => {
    before(() => stack.redis.stop('SIGKILL'));

    it('lets people in by header, known or new, at both instances', async () => {
      expect(rolesOf(await bob.one.get('/auth/me'))).to.deep.equal(['developer']);
      expect(rolesOf(await bob.two.get('/auth/me'))).to.deep.equal(['developer']);
      const newcomer = await stack.loggedIn('dave', 'analysts');
      expect(rolesOf(await newcomer.two.get('/auth/me'))).to.deep.equal(['analyst']);
      const changed = await stack.loggedIn('dave', 'engineers');
      expect(rolesOf(await changed.one.get('/auth/me'))).to.deep.equal(['developer']);
    });

    it('lets phones in by token, and no revoked one', async () => {
      expect((await whoIs(stack.front, phone.token)).status).to.equal(200);
      expect((await whoIs(stack.front, phone.token)).status).to.equal(200);
    });

    it('answers 503 to pairing, which needs Redis to be safe, and never 401', async () => {
      expectUnavailable(await bob.one.send('POST', '/auth/pairings', {}), 'ERR_STATE_UNAVAILABLE');
      expectUnavailable(await redeem(stack.two.front, 'AAAA-BBBB-CCCC'), 'temporarily_unavailable');
    });

    it('does as an administrator says, at both instances, from the moment the call has returned', async () => {
      const carol = await stack.loggedIn('carol', 'analysts');
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(200);
      const answer = await setDisabled(admin.one, 'carol', true);
      expect(answer.status, answer.text).to.equal(200);
      for (const at of [carol.one, carol.two]) expect((await at.get('/auth/me')).status).to.equal(403);
    });

    it('comes back by itself: pairing works, and changes spread again', async () => {
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
    describe(`Postgres ${how}`, () => {
      before(async () => {
        await until('everybody is known everywhere', async () => {
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

      it('goes on for those who are known', async () => {
        for (const at of [bob.one, bob.two]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(['developer']);
        for (const at of [stack.one.front, stack.two.front]) {
          expect((await whoIs(at, phone.token)).status).to.equal(200);
        }
      });

      it('answers 503 to those who are not, and never 401', async () => {
        const changed = await stack.loggedIn('carol', `analysts, ${how.replace(' ', '-')}`);
        expectUnavailable(await changed.one.get('/auth/me'), 'ERR_DIRECTORY_UNAVAILABLE');
        // A wrong token is still a wrong token: that takes no database to see.
        expect((await whoIs(stack.two.front, `${phone.token}x`)).status).to.equal(401);
      });

      it('comes back by itself', async () => {
        stack.wire.heal();
        const carol = await stack.loggedIn('carol', `analysts, ${how.replace(' ', '-')}`);
        await until('carol is let in', async () => (await carol.one.get('/auth/me')).status === 200);
        await until('the second instance, too', async () => (await carol.two.get('/auth/me')).status === 200);
        await pair(bob.two, stack.one.front);
      });
    });
  }

  it('has lost neither process nor a stranger’s distance on the way', async () => {
    expect([stack.one.process.running, stack.two.process.running]).to.deep.equal([true, true]);
    expect((await visitor(stack.front).get('/auth/me')).status).to.equal(401);
  });
});
