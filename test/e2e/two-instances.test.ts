// test/e2e: changes at one instance take effect at the other. Two processes behind real nginxes share the stores.
import { expect } from 'chai';
import { setDisabled, setMapping } from '../../scripts/demo/administrator.js';
import { visitor } from '../../scripts/demo/visitor.js';
import { follow, openPairing, pair, redeem, rolesOf, whoIs } from './journey.js';
import { sharedStack } from './shared-stack.js';
import type { Browser, Stack } from './stack.js';

describe('two instances behind nginx', function () {
  this.timeout(180_000);
  let stack: Stack;
  let admin: Browser;
  before(async () => {
    stack = await sharedStack();
    admin = await stack.loggedIn('alice', 'admins');
  });

  it('redeem a code at one instance that the other issued', async () => {
    const bob = await stack.loggedIn('bob', 'engineers');
    const { code } = await openPairing(bob.one);
    const redeemed = await redeem(stack.two.front, code, 'Bob’s phone');
    expect(redeemed.status, redeemed.text).to.equal(200);
    expect(redeemed.json['account']).to.deep.equal({ subject: 'bob', display_name: 'Bob Builder' });
    const token = String(redeemed.json['access_token']);
    for (const server of [stack.one.front, stack.two.front, stack.front]) {
      expect((await whoIs(server, token)).json).to.include({ subject: 'bob', method: 'token' });
    }
  });

  it('share the requests that one nginx receives', async () => {
    const bob = await stack.loggedIn('bob', 'engineers');
    const { token } = await pair(bob.one, stack.two.front);
    const seen = new Set<unknown>();
    for (let request = 0; request < 8; request += 1) {
      seen.add((await whoIs(stack.front, token)).json['instance']);
    }
    expect([...seen].sort()).to.deep.equal(['one', 'two']);
  });

  it('notify a browser at one instance when the other redeems its code', async () => {
    const bob = await stack.loggedIn('bob', 'engineers');
    const { id, code } = await openPairing(bob.one);
    const { opened, states } = follow(bob.one, stack.two.front, id);
    await opened;
    expect((await redeem(stack.one.front, code)).status).to.equal(200);
    expect(await states).to.deep.equal(['open', 'redeemed']);
  });

  it('redeem a code only once when both get it at the same time', async () => {
    const bob = await stack.loggedIn('bob', 'engineers');
    const { code } = await openPairing(bob.one);
    const answers = await Promise.all([redeem(stack.one.front, code), redeem(stack.two.front, code)]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 400]);
    expect(answers.find(({ status }) => status === 400)?.json['error']).to.equal('invalid_grant');
  });

  it('apply a change of groups that the other instance saw', async () => {
    const carol = await stack.loggedIn('carol', 'analysts');
    expect(rolesOf(await carol.one.get('/auth/me'))).to.deep.equal(['analyst']);
    expect(rolesOf(await carol.two.get('/auth/me'))).to.deep.equal(['analyst']);
    const { token } = await pair(carol.one, stack.two.front);
    const changed = await stack.loggedIn('carol', 'engineers');
    expect(rolesOf(await changed.one.get('/auth/me'))).to.deep.equal(['developer']);
    expect(rolesOf(await carol.two.get('/auth/me'))).to.deep.equal(['developer']);
    expect(rolesOf(await whoIs(stack.two.front, token))).to.deep.equal(['developer']);
  });

  it('change the roles of header and token when a mapping changes at either instance', async () => {
    const bob = await stack.loggedIn('bob', 'engineers, night-shift');
    const { token } = await pair(bob.one, stack.two.front);
    for (const browser of [bob.one, bob.two])
      expect(rolesOf(await browser.get('/auth/me'))).to.deep.equal(['developer']);

    const set = await setMapping(admin.one, 'night-shift', ['operator']);
    expect(set.status, set.text).to.equal(201);
    await expectRoles(bob, token, ['developer', 'operator']);
    const removed = await setMapping(admin.two, 'night-shift', []);
    expect(removed.status, removed.text).to.equal(204);
    await expectRoles(bob, token, ['developer']);
  });

  async function expectRoles(browser: Browser, token: string, roles: readonly string[]): Promise<void> {
    for (const at of [browser.one, browser.two]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(roles);
    for (const server of [stack.one.front, stack.two.front]) {
      expect(rolesOf(await whoIs(server, token))).to.deep.equal(roles);
    }
  }

  it('refuse a device that the other instance revoked', async () => {
    const bob = await stack.loggedIn('bob', 'engineers');
    const { token, deviceId } = await pair(bob.one, stack.one.front);
    for (const server of [stack.one.front, stack.two.front]) expect((await whoIs(server, token)).status).to.equal(200);
    expect((await bob.one.send('DELETE', `/auth/devices/${deviceId}`)).status).to.equal(204);
    for (const server of [stack.two.front, stack.one.front]) {
      const refused = await whoIs(server, token);
      expect(refused.status).to.equal(401);
      expect(refused.headers.get('www-authenticate')).to.match(/^Bearer .*error="invalid_token"/u);
    }
  });

  it('refuse a user, by header and by token, whom the other instance disabled', async () => {
    const dave = await stack.loggedIn('dave', 'engineers');
    const { token } = await pair(dave.two, stack.two.front);
    for (const at of [dave.one, dave.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect((await setDisabled(admin.one, 'dave', true)).status).to.equal(200);
    for (const at of [dave.two, dave.one]) {
      const refused = await at.get('/auth/me');
      expect([refused.status, refused.json['code']]).to.deep.equal([403, 'ERR_ACCOUNT_DISABLED']);
    }
    for (const server of [stack.two.front, stack.one.front]) {
      expect((await whoIs(server, token)).status).to.equal(403);
    }
    expect((await setDisabled(admin.two, 'dave', false)).status).to.equal(200);
    for (const at of [dave.one, dave.two]) expect((await at.get('/auth/me')).status).to.equal(200);
  });

  it('end the event stream of a user whom the other instance disabled', async () => {
    const dave = await stack.loggedIn('dave', 'engineers');
    const { id } = await openPairing(dave.two);
    const { opened, states } = follow(dave.two, stack.two.front, id);
    await opened;
    expect((await setDisabled(admin.one, 'dave', true)).status).to.equal(200);
    // The stream ends long before the pairing would expire.
    expect(await states).to.deep.equal(['open']);
    expect((await setDisabled(admin.one, 'dave', false)).status).to.equal(200);
  });

  it('use no old roles after a mapping changed, even with requests in flight', async () => {
    const bob = await stack.loggedIn('bob', 'engineers, night-shift');
    const { token } = await pair(bob.one, stack.two.front);
    let given = false;
    for (let edit = 0; edit < 10; edit += 1) {
      given = !given;
      // Requests run during the change: what they load may be stale when it reaches the caches.
      const reading = Promise.all(
        [bob.one, bob.two].map((at) => at.get('/auth/me')).concat(whoIs(stack.two.front, token)),
      );
      const answer = await setMapping(edit % 2 === 0 ? admin.one : admin.two, 'night-shift', given ? ['operator'] : []);
      expect(answer.status, answer.text).to.be.oneOf([201, 204]);
      await expectRoles(bob, token, given ? ['developer', 'operator'] : ['developer']);
      await reading;
    }
  });

  it('share the session of the local administrator', async () => {
    const jar = new Map<string, string>();
    const [one, two] = [visitor(stack.one.url, jar), visitor(stack.two.url, jar)];
    const login = await one.postForm('/local/login', { user: 'root', password: stack.adminPassword });
    expect(login.status, login.text).to.equal(303);
    expect((await two.get('/auth/me')).json).to.include({ subject: 'root', method: 'session' });
    expect((await two.postForm('/local/logout', {})).status).to.equal(303);
    expect((await one.get('/auth/me')).status).to.equal(401);
  });

  it('create one user for many parallel first requests at both', async () => {
    const newcomer = await stack.loggedIn('mallory', 'engineers');
    // The seed contains a disabled mallory. Without that row, each request is a first request.
    await stack.database.query(`DELETE FROM latchkey_users WHERE subject = 'mallory'`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? newcomer.one : newcomer.two).get('/auth/me')),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    const { rows } = await stack.database.query(`SELECT version FROM latchkey_users WHERE subject = 'mallory'`);
    expect(rows).to.deep.equal([{ version: 1 }]);
  });
});
