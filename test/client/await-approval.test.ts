// Polling until the user has decided in the browser (RFC 8628 §3.4, §3.5).
import { expect } from 'chai';
import type { ApprovalRequest } from '../../src/client/index.js';
import {
  clientCode,
  type Said,
  type StandIn,
  startStandIn,
  type TestApp,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const wanted: Said = [
  400,
  { error: 'authorization_pending', device_code: 'dc-1', interval: 3, expires_in: 120, match_number: '42' },
];
const pending: Said = [400, { error: 'authorization_pending' }];
const slowDown: Said = [400, { error: 'slow_down' }];

describe('client: approval', () => {
  let server: StandIn;
  let app: TestApp;
  let shown: ApprovalRequest[];
  beforeEach(async () => {
    server = await startStandIn();
    app = testApp();
    shown = [];
  });
  afterEach(() => server.stop());

  const onApproval = (request: ApprovalRequest) => void shown.push(request);
  const redeem = (how = {}) =>
    app.connection.redeem({ issuer: server.issuer, code: 'K7QM-2P9D-XR40' }, { onApproval, ...how });

  it('keeps polling if the clock is set ahead, as long as the server says so', async () => {
    server.answers = [wanted, pending, pending, tokenAnswer('t.1')];
    app.waiting = () => {
      app.clock.now += 3 * 365 * 86_400_000;
      app.waiting = () => undefined;
    };
    await redeem();
    expect(app.connection.state).to.equal('connected');
  });

  it('shows the number and polls until there is a token', async () => {
    server.answers = [wanted, pending, pending, tokenAnswer('t.1')];
    expect(await redeem()).to.deep.equal({ subject: 'ada', displayName: 'Ada L.' });
    expect(shown).to.deep.equal([{ matchNumber: '42', expiresInSeconds: 120 }]);
    expect(app.waits).to.deep.equal([3, 3, 3]);
    expect(app.states).to.deep.equal(['pending', 'connected']);
    const [asked, polled] = server.heard.map(({ form }) => form);
    expect(polled).to.deep.equal({
      grant_type: deviceCodeGrant,
      device_code: 'dc-1',
      client_id: 'com.example.music',
      redemption_id: asked?.['redemption_id'],
    });
  });

  it('polls 5 s more slowly after each slow_down, permanently', async () => {
    server.answers = [wanted, slowDown, pending, slowDown, pending, tokenAnswer('t.1')];
    await redeem();
    expect(app.waits).to.deep.equal([3, 8, 8, 13, 13]);
  });

  it('polls every 5 s without an interval from the server, and shows no number if there is none', async () => {
    server.answers = [
      [400, { error: 'authorization_pending', device_code: 'dc-1', expires_in: 60, match_number: '<b>' }],
      tokenAnswer('t.1'),
    ];
    await redeem();
    expect(app.waits).to.deep.equal([5]);
    expect(shown).to.deep.equal([{ expiresInSeconds: 60 }]);
  });

  it('polls more slowly while the network is unavailable, and at the interval again afterwards', async () => {
    server.answers = [wanted, 'cut', 'cut', [503, {}, { 'Retry-After': '20' }], pending, tokenAnswer('t.1')];
    await redeem();
    expect(app.waits).to.deep.equal([3, 6, 12, 24, 3]);
  });

  it('ends when the user denies', async () => {
    server.answers = [wanted, pending, [400, { error: 'access_denied' }]];
    expect(await clientCode(redeem(), 'dc-1')).to.equal('ERR_DENIED');
    expect(app.states).to.deep.equal(['pending', 'disconnected']);
    expect(await clientCode(app.connection.resume())).to.equal('ERR_DISCONNECTED');
  });

  it('ends when the server reports expiry', async () => {
    server.answers = [wanted, [400, { error: 'expired_token' }]];
    expect(await clientCode(redeem(), 'dc-1')).to.equal('ERR_EXPIRED');
    expect(app.connection.state).to.equal('disconnected');
  });

  for (const last of [pending, 'cut', slowDown] as const) {
    it(`ends by its own clock if the server does not (${last === 'cut' ? last : JSON.stringify(last[1])})`, async () => {
      server.answers = [wanted, last];
      expect(await clientCode(redeem(), 'dc-1')).to.equal('ERR_EXPIRED');
      expect(app.waits.reduce((sum, wait) => sum + wait)).to.equal(120);
    });
  }

  it('continues to wait after the app was stopped or killed', async () => {
    const stop = new AbortController();
    app.waiting = () => stop.abort();
    server.answers = [wanted, tokenAnswer('t.1')];
    expect(await clientCode(redeem({ signal: stop.signal }))).to.equal('ERR_ABORTED');
    expect(app.connection.state).to.equal('pending');
    expect(server.heard).to.have.length(1);

    const restarted = testApp({}, app.stored, app.clock);
    expect(await restarted.connection.restore()).to.equal('pending');
    expect(restarted.connection.issuer).to.equal(server.issuer);
    await restarted.connection.resume({ onApproval });
    expect(shown[1]).to.deep.equal({ matchNumber: '42', expiresInSeconds: 117 });
    expect(restarted.connection.state).to.equal('connected');
    const [first, second] = server.heard.map(({ form }) => form['redemption_id']);
    expect(second).to.equal(first);
  });

  it('refuses a malformed pending answer', async () => {
    for (const body of [{ expires_in: 60 }, { device_code: 'dc-1' }, { device_code: 'dc-1', expires_in: -1 }]) {
      server.answers = [[400, { error: 'authorization_pending', ...body }]];
      expect(await clientCode(redeem(), 'dc-1')).to.equal('ERR_ANSWER');
    }
  });
});
