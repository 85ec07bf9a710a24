// Redeeming a code or link, against the real server over an unreliable network.
import { expect } from 'chai';
import { parseLink } from '../../src/client/index.js';
import {
  type ClientServer,
  clientCode,
  clientError,
  type StandIn,
  startClientServer,
  startStandIn,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';

describe('client: redeeming', () => {
  let server: ClientServer;
  before(async () => {
    server = await startClientServer();
  });
  beforeEach(() => {
    server.wire.heal();
    server.heard = () => undefined;
  });
  after(() => server.stop());

  it('connects with a typed code', async () => {
    const app = testApp({ deviceName: `  ${'📱'.repeat(70)}\ud800` });
    const { code } = await server.pairing();
    const { connection } = app;
    expect(await connection.redeem({ issuer: server.issuer, code: code.toLowerCase() })).to.deep.equal({
      subject: 'ada',
    });
    expect(app.states).to.deep.equal(['connected']);
    expect(connection).to.include({ state: 'connected', issuer: server.issuer });
    expect(connection.account).to.deep.equal({ subject: 'ada' });
    const device = (await server.devices()).find(({ id }) => id === connection.deviceId);
    expect(device).to.include({ name: '📱'.repeat(64), clientId: 'com.example.music', pairedBy: 'code' });
    const answer = await connection.call('/api/library');
    expect(await answer.json()).to.deep.equal({ owner: 'ada' });
  });

  it('omits characters from the device name that the server refuses', async () => {
    for (const [deviceName, name] of [
      ['\u200eAda\u2019s\u200b phone\u202c\0', 'Ada\u2019s phone'],
      [`${'x'.repeat(62)}👩‍💻`, `${'x'.repeat(62)}👩`],
      ['👩‍💻 Pixel', '👩‍💻 Pixel'],
    ] as const) {
      const app = testApp({ deviceName });
      const { code } = await server.pairing();
      await app.connection.redeem({ issuer: server.issuer, code });
      const device = (await server.devices()).find(({ id }) => id === app.connection.deviceId);
      expect(device?.name).to.equal(name);
    }
  });

  it('connects with the scanned link', async () => {
    const app = testApp({ issuers: [server.issuer] });
    await app.connection.redeem(parseLink((await server.pairing()).uri, { issuers: [server.issuer] }));
    const device = (await server.devices()).find(({ id }) => id === app.connection.deviceId);
    expect(device).to.include({ name: 'Pixel 8', pairedBy: 'qr' });
  });

  it('connects with a code of digits', async () => {
    const digits = await startClientServer('digits');
    try {
      const app = testApp();
      await app.connection.redeem({ issuer: digits.issuer, code: (await digits.pairing()).code });
      expect(app.connection.state).to.equal('connected');
    } finally {
      await digits.stop();
    }
  });

  it('is connected again after a restart', async () => {
    const first = testApp();
    await first.connection.redeem(parseLink((await server.pairing()).uri));
    const second = testApp({}, first.stored);
    expect(second.connection.state).to.equal('disconnected');
    expect(await second.connection.restore()).to.equal('connected');
    expect(second.connection.deviceId).to.equal(first.connection.deviceId);
    expect(second.states).to.deep.equal(['connected']);
    const third = testApp({}, first.stored);
    expect((await third.connection.call('/api/library')).status).to.equal(200);
  });

  it('does not retry a refused code', async () => {
    const app = testApp();
    const refused = app.connection.redeem({ issuer: server.issuer, code: 'K7QM-2P9D-XR40' });
    expect(await clientCode(refused, 'K7QM')).to.equal('ERR_CODE_REFUSED');
    expect(app.waits).to.deep.equal([]);
    expect(app.states).to.deep.equal([]);
  });

  it('retries with growing waits while the network is unavailable, then gives up', async () => {
    const app = testApp();
    const { code } = await server.pairing();
    server.wire.cut();
    const error = await clientError(app.connection.redeem({ issuer: server.issuer, code }), code);
    expect(error).to.include({ code: 'ERR_NETWORK', retryable: true });
    expect(app.waits).to.deep.equal([1, 2, 4, 8, 16]);
    server.wire.heal();
    await app.connection.redeem({ issuer: server.issuer, code });
    expect(app.connection.state).to.equal('connected');
  });

  it('refuses a second attempt at the same time, and an attempt while connected', async () => {
    const app = testApp();
    const { uri } = await server.pairing();
    const first = app.connection.redeem(parseLink(uri));
    expect(await clientCode(app.connection.redeem(parseLink(uri)))).to.equal('ERR_BUSY');
    await first;
    expect(await clientCode(app.connection.redeem(parseLink(uri)))).to.equal('ERR_CONNECTED');
    expect((await app.connection.call('/api/library')).status).to.equal(200);
  });

  it('revokes a token that arrives after the app forgot the attempt', async () => {
    const app = testApp();
    const before = (await server.devices()).length;
    const { uri } = await server.pairing();
    let forgotten: Promise<void> | undefined;
    server.heard = ({ type }) => {
      if (type === 'device.paired') forgotten = app.connection.clear();
    };
    expect(await clientCode(app.connection.redeem(parseLink(uri)))).to.equal('ERR_ABORTED');
    await forgotten;
    expect(await server.devices()).to.have.length(before);
    expect(app.stored.size).to.equal(0);
    expect(app.states).to.deep.equal([]);
  });

  describe('with a fake server', () => {
    let standIn: StandIn;
    beforeEach(async () => {
      standIn = await startStandIn();
    });
    afterEach(() => standIn.stop());
    const redeem = (app = testApp(), signal?: AbortSignal) =>
      app.connection.redeem({ issuer: standIn.issuer, code: 'K7QM-2P9D-XR40' }, signal && { signal });

    it('sends the app version and the platform if given', async () => {
      standIn.answers = [tokenAnswer('t.1')];
      await redeem(testApp({ appVersion: '2.3.1', platform: ` Android ${'1'.repeat(80)}` }));
      expect(standIn.heard[0]?.form).to.include({ app_version: '2.3.1', platform: `Android ${'1'.repeat(56)}` });
    });

    it('distinguishes an account with too many devices from a wrong code', async () => {
      standIn.answers = [[409, { error: 'invalid_grant' }]];
      expect(await clientCode(redeem())).to.equal('ERR_DEVICE_LIMIT');
      standIn.answers = [[400, { error: 'invalid_grant' }]];
      expect(await clientCode(redeem())).to.equal('ERR_CODE_REFUSED');
    });

    it('sends the form that the server expects', async () => {
      standIn.answers = [tokenAnswer('t.1')];
      await redeem(testApp({ deviceName: 'Ada’s phone & more' }));
      const [{ path, headers, form } = { path: '', headers: {}, form: {} }] = standIn.heard;
      expect(path).to.equal('/api/auth/token');
      expect(headers['content-type']).to.equal('application/x-www-form-urlencoded');
      expect(headers).not.to.have.any.keys('authorization', 'cookie');
      expect(form).to.deep.include({ device_name: 'Ada’s phone & more', client_id: 'com.example.music' });
      expect(form['redemption_id']).to.match(/^[\w-]{32,}$/);
    });

    it('waits as long as Retry-After says, in seconds and as a date', async () => {
      const app = testApp();
      const date = new Date(app.clock.now + 7000 + 5000).toUTCString();
      standIn.answers = [
        [503, {}, { 'Retry-After': '7' }],
        [503, {}, { 'Retry-After': date }],
        [502, 'Bad gateway'],
        tokenAnswer('t.1'),
      ];
      await redeem(app);
      expect(app.waits).to.deep.equal([7, 5, 4]);
      expect(new Set(standIn.heard.map(({ form }) => form['redemption_id'])).size).to.equal(1);
    });

    it('reports a Retry-After that is too long', async () => {
      const app = testApp();
      standIn.answers = [[503, {}, { 'Retry-After': '3600' }]];
      expect(await clientError(redeem(app))).to.include({ code: 'ERR_UNAVAILABLE', retryAfterSeconds: 3600 });
      expect(app.waits).to.deep.equal([]);
    });

    for (const [said, expected] of [
      [[429, { error: 'slow_down' }, { 'Retry-After': '60' }], 'ERR_THROTTLED'],
      [[400, { error: 'invalid_request', error_description: 'K7QM-2P9D-XR40' }], 'ERR_REQUEST_REFUSED'],
      [[400, { error: 'unsupported_grant_type' }], 'ERR_UNSUPPORTED'],
      [[401, { error: 'invalid_client' }], 'ERR_REQUEST_REFUSED'],
      [[404, 'not found'], 'ERR_ANSWER'],
      [[500, { error: 'server_error' }], 'ERR_ANSWER'],
      [[200, '<html>Log in</html>'], 'ERR_ANSWER'],
      [[200, []], 'ERR_ANSWER'],
      [[200, { access_token: 't.1', token_type: 'mac', expires_in: 1 }], 'ERR_ANSWER'],
      [[200, { access_token: 't.1', token_type: 'Bearer', expires_in: 60 }], 'ERR_ANSWER'],
      [[200, { access_token: 't\n1', token_type: 'Bearer', expires_in: 60 }], 'ERR_ANSWER'],
      [[302, '', { Location: 'https://login.example.com/' }], 'ERR_REDIRECTED'],
    ] as const) {
      it(`sends one request and throws ${expected} at ${said[0]} ${JSON.stringify(said[1]).slice(0, 50)}`, async () => {
        standIn.answers = [said];
        expect(await clientCode(redeem(), 'K7QM', 't.1')).to.equal(expected);
        expect(standIn.heard).to.have.length(1);
      });
    }

    it('uses a new redemption id for a later attempt and for another server', async () => {
      const app = testApp();
      standIn.answers = [[400, { error: 'invalid_grant' }]];
      await clientCode(redeem(app));
      await clientCode(redeem(app));
      app.clock.now += 600_000;
      await clientCode(redeem(app));
      await clientCode(app.connection.redeem({ issuer: `${standIn.origin}/other`, code: 'K7QM-2P9D-XR40' }));
      const [first, second, third, other] = standIn.heard.map(({ form }) => form['redemption_id']);
      expect(second).to.equal(first);
      expect(new Set([first, third, other]).size).to.equal(3);
    });

    it('stops when the app aborts', async () => {
      const stop = new AbortController();
      const app = testApp();
      standIn.answers = ['cut'];
      app.waiting = () => stop.abort();
      expect(await clientCode(redeem(app, stop.signal))).to.equal('ERR_ABORTED');
      expect(app.waits).to.deep.equal([1]);
      const hanging = new AbortController();
      standIn.answers = [
        () => {
          hanging.abort();
          return new Promise(() => undefined);
        },
      ];
      expect(await clientCode(redeem(testApp(), hanging.signal))).to.equal('ERR_ABORTED');
      expect(await clientCode(redeem(testApp(), AbortSignal.abort()))).to.equal('ERR_ABORTED');
    });

    it('times out a request without an answer', async () => {
      const app = testApp({ retrySeconds: 0, sleep: async () => undefined });
      standIn.answers = [() => new Promise(() => undefined)];
      expect(await clientCode(redeem(app))).to.equal('ERR_NETWORK');
    });
  });
});
