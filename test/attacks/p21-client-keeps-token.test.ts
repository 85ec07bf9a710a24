// P21: an outage must not log apps out. The client drops its token only if the server says that it is invalid.
import { expect } from 'chai';
import {
  type ClientServer,
  clientCode,
  clientError,
  type Said,
  type StandIn,
  startClientServer,
  startStandIn,
  type TestApp,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';

describe('P21: the client during refusals and outages', () => {
  let server: ClientServer;
  let app: TestApp;
  beforeEach(async () => {
    server = await startClientServer();
    server.app.use(server.auth.problems);
    app = testApp();
    await app.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
  });
  afterEach(() => server.stop());

  it('is disconnected after the device is revoked', async () => {
    await server.auth.devices.revokeAll('ada');
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
    expect(app.states).to.deep.equal(['connected', 'disconnected']);
    expect(app.stored.size).to.equal(0);
  });

  it('stays connected while the directory or the network is unavailable', async () => {
    await server.auth.invalidate('ada');
    server.down.directory = true;
    expect(await clientError(app.connection.call('/api/library'))).to.include({
      code: 'ERR_UNAVAILABLE',
      retryable: true,
      retryAfterSeconds: 2,
    });
    expect(await clientCode(app.connection.disconnect())).to.equal('ERR_UNAVAILABLE');
    server.down.directory = false;
    server.wire.cut();
    expect(await clientError(app.connection.call('/api/library'))).to.include({ code: 'ERR_NETWORK', retryable: true });
    server.wire.heal();
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    expect(app.states).to.deep.equal(['connected']);
  });

  it('waits for Redis when it connects', async () => {
    const { code } = await server.pairing();
    const other = testApp();
    server.down.state = true;
    other.waiting = () => {
      server.down.state = other.waits.length < 3;
    };
    await other.connection.redeem({ issuer: server.issuer, code });
    expect(other.waits).to.deep.equal([2, 2, 4]);
    expect(other.connection.state).to.equal('connected');
  });
});

describe('P21: the client and responses that look like a refusal of its token', () => {
  let standIn: StandIn;
  let app: TestApp;
  beforeEach(async () => {
    standIn = await startStandIn();
    standIn.answers = [tokenAnswer('t.1'), [200]];
    app = testApp();
    await app.connection.redeem({ issuer: standIn.issuer, code: 'K7QM-2P9D-XR40' });
  });
  afterEach(() => standIn.stop());

  const refusals: readonly Said[] = [
    [401, {}, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
    [401, {}, { 'WWW-Authenticate': 'Bearer realm="x", error=invalid_token' }],
    [401, { code: 'ERR_TOKEN_REVOKED' }],
    [401, { code: 'ERR_TOKEN_EXPIRED' }],
    [401, { code: 'ERR_TOKEN_INVALID' }],
  ];
  for (const said of refusals) {
    it(`drops the token at ${JSON.stringify(said)}`, async () => {
      standIn.answers = [said];
      expect(await clientCode(app.connection.call('/api/library'), 't.1')).to.equal('ERR_DISCONNECTED');
      expect(app.stored.size).to.equal(0);
    });
  }

  const others: readonly Said[] = [
    [401, {}, { 'WWW-Authenticate': 'Bearer' }],
    [401, { code: 'ERR_TOKEN_REVOKED' }, { 'WWW-Authenticate': 'Basic realm="proxy"' }],
    [401, { code: 'ERR_LOGIN_REQUIRED' }],
    [401, 'Unauthorized'],
    [403, { code: 'ERR_TOKEN_INVALID' }],
    [500, { code: 'ERR_TOKEN_INVALID' }],
  ];
  for (const said of others) {
    it(`keeps the token at ${JSON.stringify(said)}`, async () => {
      standIn.answers = [said];
      expect((await app.connection.call('/api/library')).status).to.equal(said[0]);
      expect(app.connection.state).to.equal('connected');
      expect(app.stored.size).to.equal(1);
    });
  }

  it('does not drop a new token after a refusal of the old one', async () => {
    standIn.answers = [
      async ({ headers }) => {
        expect(headers.authorization).to.equal('Bearer t.1');
        standIn.answers = [tokenAnswer('t.2'), [200]];
        await app.connection.renew();
        return [401, { code: 'ERR_TOKEN_REVOKED' }];
      },
    ];
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    expect(standIn.heard.at(-1)?.headers.authorization).to.equal('Bearer t.2');
    expect(app.states).to.deep.equal(['connected']);
  });

  it('checks whether another window has a new token before it drops its own', async () => {
    const other = testApp({}, app.stored, app.clock);
    standIn.answers = [tokenAnswer('t.2')];
    await other.connection.renew();
    standIn.answers = [[401, { code: 'ERR_TOKEN_REVOKED' }], [200]];
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    expect(standIn.heard.at(-1)?.headers.authorization).to.equal('Bearer t.2');
    expect(app.states).to.deep.equal(['connected']);
  });
});
