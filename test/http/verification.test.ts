// A user decides about a device, by its user code or by the number that it shows, and the page follows.
import { expect } from 'chai';
import { endedStatuses } from '../../src/vocabulary/words.js';
import { type PairingRig, pairingRig } from '../support/pairing-rig.js';
import { type Ask, type Host, startHost } from './harness.js';
import { openStream } from './stream.js';

const quickConnect = 'urn:latchkey:params:oauth:grant-type:quick-connect';
const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const television = { client_id: 'television', device_name: 'Living room', platform: 'tvOS 19', app_version: '4.2' };

describe('device/verification, approve and deny', () => {
  let rig: PairingRig;
  let host: Host;
  beforeEach(async () => {
    rig = await pairingRig({ approval: 'always' });
    host = await startHost({
      store: null,
      directory: rig.directory,
      state: rig.state,
      services: { pairings: rig.pairings, tokens: rig.tokens, verificationUri: 'https://music.example.com/activate' },
    });
  });
  afterEach(async () => {
    await host.close();
    await rig.close();
  });

  const app = async (path: string, json: Record<string, unknown>) =>
    (await host.write('POST', `/api/auth/${path}`, { json })).json ?? {};
  const poll = async (deviceCode: unknown, clientId = 'television') =>
    app('token', { grant_type: deviceCodeGrant, device_code: deviceCode, client_id: clientId });
  const verify = (action: string, userCode: unknown, user = 'alice', ask: Ask = {}) =>
    host.write('POST', '/auth/device/verification', { user, json: { action, user_code: userCode }, ...ask });
  const stream = (id: unknown, user = 'alice', headers = {}) =>
    openStream(host.port, `/auth/pairings/${id}/events`, user, headers);
  const act = (id: unknown, verb: string, json: Record<string, unknown> = {}, user = 'alice') =>
    host.write('POST', `/auth/pairings/${id}/${verb}`, { user, json });

  /** A pairing of alice that an app has claimed by its code. */
  async function claimed() {
    const { id, code } = (await host.write('POST', '/auth/pairings', { user: 'alice' })).json ?? {};
    const answer = await app('token', { grant_type: quickConnect, ...television, code });
    return { id, deviceCode: answer['device_code'], number: String(answer['match_number']), answer };
  }

  it('shows a request without its id, and leaves it open', async () => {
    const { user_code: userCode, device_code: deviceCode } = await app('device_authorization', television);
    rig.clock.now += 7000;
    for (const user of ['alice', 'bob']) {
      const { status, json } = await verify('lookup', userCode, user);
      expect(status).to.equal(200);
      expect(json).to.deep.equal({
        status: 'open',
        expires_in: 593,
        interval: 2,
        claim: { ...television, address: '127.0.0.1', age: 7 },
      });
    }
    expect(await poll(deviceCode)).to.include({ error: 'authorization_pending' });
  });

  it('binds the pairing to the approver, and to no other user', async () => {
    const { user_code: userCode, device_code: deviceCode } = await app('device_authorization', television);
    const { status, json } = await verify('approve', userCode);
    expect(status).to.equal(200);
    expect(json).to.include({ status: 'approved' }).and.to.have.property('id');
    const path = `/auth/pairings/${json?.['id']}`;
    expect((await host.ask(path, { user: 'alice' })).json).to.deep.equal(json);
    expect((await host.ask(path, { user: 'bob' })).status).to.equal(404);
    expect((await stream(json?.['id'], 'bob')).status).to.equal(404);
    const events = await stream(json?.['id']);
    await events.until(/"status":"approved"/);
    const token = await poll(deviceCode);
    await events.ended;
    expect(events.statuses).to.deep.equal(['approved', 'redeemed']);
    expect(events.text).to.contain(`"device":{"id":"${token['device_id']}","name":"Living room"}`);
  });

  it('lets the approver cancel until the app has collected its token', async () => {
    const { user_code: userCode, device_code: deviceCode } = await app('device_authorization', television);
    const { id } = (await verify('approve', userCode)).json ?? {};
    expect((await host.write('DELETE', `/auth/pairings/${id}`, { user: 'alice' })).json).to.include({
      status: 'cancelled',
    });
    expect(await poll(deviceCode)).to.include({ error: 'access_denied' });
  });

  it('answers apps about requests that were denied, have expired, belong to another client or are lost', async () => {
    const denied = await app('device_authorization', television);
    expect((await verify('deny', denied['user_code'])).json).to.deep.equal({
      status: 'denied',
      expires_in: 0,
      interval: 2,
    });
    expect(await poll(denied['device_code'])).to.include({ error: 'access_denied' });

    const approved = await app('device_authorization', television);
    await verify('approve', approved['user_code']);
    expect(await poll(approved['device_code'], 'radio')).to.include({ error: 'invalid_grant' });
    const first = await poll(approved['device_code']);
    rig.clock.now += 59_000;
    expect(await poll(approved['device_code'])).to.include({ access_token: first['access_token'] });
    rig.clock.now += 1000;
    expect(await poll(approved['device_code'])).to.include({ error: 'invalid_grant' });

    const late = await app('device_authorization', television);
    rig.clock.now += 600_000;
    expect(await poll(late['device_code'])).to.include({ error: 'expired_token' });
  });

  it('answers the same for unknown, expired and decided codes', async () => {
    const expired = await app('device_authorization', television);
    rig.clock.now += 600_000;
    const denied = await app('device_authorization', television);
    await verify('deny', denied['user_code'], 'bob');
    const approved = await app('device_authorization', television);
    await verify('approve', approved['user_code'], 'bob');
    const codes = ['BBBB-BBBB', 'no code', expired['user_code'], denied['user_code'], approved['user_code']];
    const answers = [];
    for (const action of ['lookup', 'approve', 'deny']) {
      for (const code of codes) {
        const { status, text } = await verify(action, code);
        answers.push(`${status} ${text}`);
      }
    }
    expect(answers[0]).to.match(/^404 .*"ERR_USER_CODE"/);
    expect(new Set(answers)).to.have.property('size', 1);
  });

  it('answers 429 to a user who tries too many codes', async () => {
    for (let count = 0; count < 40; count += 1) await verify('lookup', 'BBBB-BBBB');
    const { status, json, headers } = await verify('lookup', 'BBBB-BBBB');
    expect(status).to.equal(429);
    expect(json).to.include({ code: 'ERR_THROTTLED' });
    expect(headers['retry-after']).to.equal('600');
    expect((await verify('lookup', 'BBBB-BBBB', 'bob')).status).to.equal(404);
  });

  it('accepts no decision from other sites or without a login', async () => {
    const { user_code: userCode } = await app('device_authorization', television);
    const { id, number } = await claimed();
    const json = { action: 'approve', user_code: userCode };
    const asks: [string, Ask, number][] = [
      ['another site', { user: 'alice', headers: { 'Sec-Fetch-Site': 'cross-site' } }, 403],
      ['nobody', {}, 401],
    ];
    for (const [name, ask, expected] of asks) {
      const verified = await host.write('POST', '/auth/device/verification', { json, ...ask });
      expect(verified.status, `${name} verifies`).to.equal(expected);
      const approved = await host.write('POST', `/auth/pairings/${id}/approve`, {
        json: { match_number: number },
        ...ask,
      });
      expect(approved.status, `${name} approves`).to.equal(expected);
    }
    expect((await verify('lookup', userCode)).status).to.equal(200);
    expect((await host.ask(`/auth/pairings/${id}`, { user: 'alice' })).json).to.include({ status: 'claimed' });
  });

  it('tells the page about a claim, its approval and the device', async () => {
    const { id, code } = (await host.write('POST', '/auth/pairings', { user: 'alice' })).json ?? {};
    const events = await stream(id);
    await events.until(/"status":"open"/);
    const answer = await app('token', { grant_type: quickConnect, ...television, code });
    expect(answer).to.include({ error: 'authorization_pending', interval: 2 });
    await events.until(/"status":"claimed"/);
    expect(await poll(answer['device_code'])).to.include({ error: 'authorization_pending' });
    const approved = await act(id, 'approve', { match_number: answer['match_number'] });
    expect(approved.json).to.include({ status: 'approved' });
    await events.until(/"status":"approved"/);
    expect(await poll(answer['device_code'])).to.deep.include({
      account: { subject: 'alice', display_name: 'The alice' },
    });
    await events.ended;
    expect(events.statuses).to.deep.equal(['open', 'claimed', 'approved', 'redeemed']);
  });

  it('tells the page about each wrong number, and denies at the third', async () => {
    const { id, deviceCode, number } = await claimed();
    const events = await stream(id);
    await events.until(/"tries_left":3/);
    for (const left of [2, 1]) {
      const { status, json } = await act(id, 'approve', { match_number: number === '10' ? '11' : '10' });
      expect([status, json?.['code']]).to.deep.equal([403, 'ERR_MATCH_NUMBER']);
      await events.until(new RegExp(`"tries_left":${left}`));
    }
    // A malformed number does not count as a try.
    expect((await act(id, 'approve', { match_number: 'ab' })).json).to.include({ code: 'ERR_BODY_INVALID' });
    expect((await act(id, 'approve', { match_number: number === '10' ? '11' : '10' })).status).to.equal(403);
    await events.ended;
    expect(events.statuses).to.deep.equal(['claimed', 'claimed', 'claimed', 'denied']);
    const late = await act(id, 'approve', { match_number: number });
    expect([late.status, late.json?.['code']]).to.deep.equal([409, 'ERR_PAIRING_ENDED']);
    expect(await poll(deviceCode)).to.include({ error: 'access_denied' });
  });

  it('accepts no decision about a pairing that is unclaimed or another user’s', async () => {
    const { id: unclaimed } = (await host.write('POST', '/auth/pairings', { user: 'alice' })).json ?? {};
    const { id, number } = await claimed();
    for (const [verb, json] of [['approve', { match_number: number }] as const, ['deny', {}] as const]) {
      expect((await act(unclaimed, verb, json)).json).to.include({ code: 'ERR_PAIRING_UNCLAIMED', status: 409 });
      expect((await act(id, verb, json, 'bob')).json).to.include({ code: 'ERR_PAIRING_UNKNOWN', status: 404 });
    }
    expect((await act(id, 'deny')).json).to.include({ status: 'denied' });
    expect((await act(id, 'deny')).json).to.include({ code: 'ERR_PAIRING_ENDED' });
  });

  it('resumes a stream that was interrupted, and ends one whose end was seen', async () => {
    const { id, number } = await claimed();
    for (const seen of ['open', 'claimed', 'approved', 'nonsense']) {
      const events = await stream(id, 'alice', { 'Last-Event-ID': seen });
      expect(events.status, seen).to.equal(200);
      await events.until(/^id: claimed$/m);
      events.leave();
    }
    await act(id, 'approve', { match_number: number });
    for (const seen of endedStatuses) {
      expect((await stream(id, 'alice', { 'Last-Event-ID': seen })).status, seen).to.equal(204);
    }
  });

  it('does not exist without a verification URI, while claims can still be decided', async () => {
    const closed = await startHost({
      store: null,
      directory: rig.directory,
      state: rig.state,
      services: { pairings: rig.pairings, tokens: rig.tokens },
    });
    try {
      // An open code: for any other, the route itself would answer 404.
      const { userCode } = await rig.pairings.authorize({ clientId: 'television', address: '192.0.2.1' });
      const json = { action: 'lookup', user_code: userCode };
      expect((await closed.write('POST', '/auth/device/verification', { user: 'alice', json })).status).to.equal(404);
      const request = await closed.write('POST', '/api/auth/device_authorization', { json: television });
      expect(request.status).to.equal(404);
      const { id, deviceCode, number } = await claimed();
      const approval = { user: 'alice', json: { match_number: number } };
      expect((await closed.write('POST', `/auth/pairings/${id}/approve`, approval)).status).to.equal(200);
      const polled = { grant_type: deviceCodeGrant, device_code: deviceCode, client_id: 'television' };
      expect((await closed.write('POST', '/api/auth/token', { json: polled })).json).to.have.property('access_token');
    } finally {
      await closed.close();
    }
  });
});
