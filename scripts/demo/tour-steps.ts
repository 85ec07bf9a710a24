// The steps of the tour, in order. Each returns what it did, and throws if an answer is not as expected.
import assert from 'node:assert/strict';
import { setDisabled, setMapping } from './administrator.js';
import { adminSubject } from './settings.js';
import { both, is, misspelled, nothing, roles, type Step, writesOf } from './tour-journey.js';
import { logInAtPortal, visitor } from './visitor.js';

/** All steps. */
export const tourSteps: readonly Step[] = [
  {
    title: 'The app refuses a forged header that does not come through the proxy',
    async run({ everything }) {
      const answer = await visitor(everything.appUrl).get('/auth/me', {
        'remote-user': 'alice',
        'remote-groups': 'admins',
      });
      is(answer, 403, 'The forged header');
      assert.equal(answer.json['code'], 'ERR_PROXY_SECRET');
      return ['GET /auth/me at the app’s own address, with Remote-User: alice → 403 ERR_PROXY_SECRET'];
    },
    check: nothing,
  },
  {
    title: 'The proxy removes a forged header',
    async run({ everything }) {
      const stranger = visitor(everything.proxyUrl);
      const forged = { 'remote-user': 'alice', 'remote-groups': 'admins' };
      is(await stranger.get('/auth/me', forged), 401, 'On a guarded path');
      is(await stranger.get('/api/me', forged), 401, 'On the unguarded path');
      return [
        'GET /auth/me with Remote-User: alice → 401, the proxy asks for a login',
        'GET /api/me with Remote-User: alice → 401, the proxy has removed the header',
      ];
    },
    check: nothing,
  },
  {
    title: 'Bob logs in for the first time: Latchkey creates his account',
    async run({ bob }) {
      await logInAtPortal(bob, 'bob', 'engineers');
      const answer = await bob.get('/auth/me');
      is(answer, 200, 'The first request');
      assert.equal(roles(answer), 'developer');
      return ['Remote-User: bob, Remote-Groups: engineers → user bob with the role developer'];
    },
    check: writesOf(1),
  },
  {
    title: 'Bob’s second request is answered from memory',
    async run({ bob }) {
      const answer = await bob.get('/auth/me', { 'remote-user': 'alice' });
      is(answer, 200, 'The second request');
      assert.equal(answer.json['subject'], 'bob');
      return ['GET /auth/me, with a forged Remote-User: alice in addition → still bob, the role developer'];
    },
    check: nothing,
  },
  {
    title: 'Bob’s groups change, and so do his roles',
    async run({ bob }) {
      await logInAtPortal(bob, 'bob', 'engineers, analysts');
      const answer = await bob.get('/auth/me');
      assert.equal(roles(answer), 'analyst, developer');
      return ['Remote-Groups: engineers,analysts → roles analyst, developer'];
    },
    check: writesOf(1),
  },
  {
    title: 'A hundred requests without a change write nothing',
    async run({ bob }) {
      for (let request = 0; request < 100; request += 1) is(await bob.get('/auth/me'), 200, `Request ${request + 1}`);
      return ['100 × GET /auth/me → 200'];
    },
    check: nothing,
  },
  {
    title: 'Bob’s browser lends its login: it gets a code',
    async run(journey) {
      const answer = await journey.bob.send('POST', '/auth/pairings', {});
      is(answer, 201, 'The pairing');
      journey.code = String(answer.json['code']);
      return [`POST /auth/pairings → 201, code ${journey.code}, valid for ${answer.json['code_expires_in']} seconds`];
    },
    check: writesOf(0),
  },
  {
    title: 'A wrong code is refused',
    async run({ phone, code }) {
      const answer = await phone.send('POST', '/token', { code: misspelled(code), device_name: 'Bob’s phone' });
      is(answer, 400, 'The wrong code');
      assert.equal(answer.json['error'], 'invalid_grant');
      return [`POST /api/auth/token with ${misspelled(code)} → 400 invalid_grant`];
    },
    check: writesOf(0),
  },
  {
    title: 'Bob’s phone redeems the code, on the path that the proxy does not guard',
    async run(journey) {
      const { phone, bob, code } = journey;
      const answer = await phone.send('POST', '/token', { code, device_name: 'Bob’s phone' });
      is(answer, 200, 'The right code');
      journey.token = String(answer.json['access_token']);
      journey.deviceId = String(answer.json['device_id']);
      const { devices } = (await bob.get('/auth/devices')).json as { devices: { name: string }[] };
      assert.deepEqual(
        devices.map((device) => device.name),
        ['Bob’s phone'],
      );
      return ['POST /api/auth/token → 200, a token', 'GET /auth/devices in the browser → Bob’s phone'];
    },
    check: writesOf(1),
  },
  {
    title: 'The phone calls the API with its token',
    async run(journey) {
      const { bearer } = await both(journey);
      is(bearer, 200, 'The call');
      assert.equal(bearer.json['subject'], 'bob');
      assert.equal(roles(bearer), 'analyst, developer');
      return [`GET /api/me with the token → bob, by ${bearer.json['method']}, roles ${roles(bearer)}`];
    },
    check: writesOf(0),
  },
  {
    title: 'The phone’s further calls are answered from memory, too',
    async run({ phone, token }) {
      for (let request = 0; request < 20; request += 1) {
        is(await phone.get('/call/api/me', { authorization: `Bearer ${token}` }), 200, `Call ${request + 1}`);
      }
      return ['20 × GET /api/me with the token → 200'];
    },
    check: nothing,
  },
  {
    title: 'The local administrator logs in with the app’s own form, without the proxy',
    async run({ admin, secrets }) {
      const wrong = await admin.postForm('/local/login', { user: adminSubject, password: 'guessed' });
      is(wrong, 403, 'The wrong password');
      const right = await admin.postForm('/local/login', { user: adminSubject, password: secrets.adminPassword });
      is(right, 303, 'The right password');
      const me = await admin.get('/auth/me');
      assert.equal(me.json['method'], 'session');
      return [
        `POST /local/login → 303, then GET /auth/me → ${adminSubject}, by ${me.json['method']}, roles ${roles(me)}`,
      ];
    },
    check: writesOf(0),
  },
  {
    title: 'The administrator changes the roles of a group: browser and phone have them at once',
    async run(journey) {
      is(await setMapping(journey.admin, 'engineers', ['developer', 'tester']), 200, 'The change');
      const { header, bearer } = await both(journey);
      assert.equal(roles(header), 'analyst, developer, tester');
      assert.equal(roles(bearer), 'analyst, developer, tester');
      return ['engineers → developer, tester', `by header: ${roles(header)}`, `by token: ${roles(bearer)}`];
    },
  },
  {
    title: 'A user whom the portal calls root does not become the local administrator',
    async run({ everything }) {
      const impostor = visitor(everything.proxyUrl);
      await logInAtPortal(impostor, adminSubject, 'admins');
      is(await impostor.get('/auth/me'), 401, 'The impostor');
      const user = await everything.demo.auth.users.find(adminSubject);
      assert.equal(user.authMethod, 'local');
      assert.deepEqual(user.groups, []);
      return [`Remote-User: ${adminSubject}, Remote-Groups: admins → not logged in, and the account is unchanged`];
    },
    check: writesOf(0),
  },
  {
    title: 'Bob is disabled: header and token are refused at once',
    async run(journey) {
      is(await setDisabled(journey.admin, 'bob', true), 200, 'Disabling');
      const disabled = await both(journey);
      is(disabled.header, 403, 'Bob’s header');
      assert.equal(disabled.header.json['code'], 'ERR_ACCOUNT_DISABLED');
      is(disabled.bearer, 403, 'Bob’s token');
      is(await setDisabled(journey.admin, 'bob', false), 200, 'Enabling');
      const enabled = await both(journey);
      is(enabled.header, 200, 'Bob’s header, enabled again');
      is(enabled.bearer, 200, 'Bob’s token, enabled again');
      return ['disabled: by header → 403 ERR_ACCOUNT_DISABLED, by token → 403', 'enabled again: both → 200'];
    },
    check: writesOf(2),
  },
  {
    title: 'Bob revokes the phone: its token is refused at once',
    async run(journey) {
      const revoked = await journey.bob.send('DELETE', `/auth/devices/${journey.deviceId}`);
      assert.ok([200, 204].includes(revoked.status), `The revocation: ${revoked.status}`);
      const { header, bearer } = await both(journey);
      is(bearer, 401, 'The phone');
      is(header, 200, 'The browser');
      return [`DELETE /auth/devices/… → ${revoked.status}`, 'by token → 401, by header → 200'];
    },
    check: writesOf(1),
  },
];
