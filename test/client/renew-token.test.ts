// Renewing the token before it expires, without ever losing the current one.
import { expect } from 'chai';
import {
  type ClientServer,
  clientCode,
  clientError,
  memoryStorage,
  startClientServer,
  type TestApp,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';
import { code, ok, useRenewals } from './renewal-rig.js';

describe('client: renewing', () => {
  const rig = useRenewals();
  let app: TestApp;

  /** Resolves once a renewal has reached the server. Every answer except the renewal's is 200. */
  function renewalHeard(date: () => Record<string, string> = () => ({})): Promise<void> {
    return new Promise((resolve) => {
      rig.server.answers = [
        ({ form }) => {
          if (form['grant_type'] !== 'refresh_token') return [200, {}, date()];
          resolve();
          return tokenAnswer('t.2');
        },
      ];
    });
  }

  it('sends the token as its own refresh token and keeps the new one', async () => {
    app = await rig.connected();
    rig.renewBy([200, { access_token: 't.2', token_type: 'bearer', expires_in: 9000 }]);
    await app.connection.renew();
    expect(rig.server.heard[0]).to.deep.include({
      path: '/api/auth/token',
      form: { grant_type: 'refresh_token', refresh_token: 't.1', client_id: 'com.example.music' },
    });
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['t.1', 'Bearer t.2']);
    expect(app.connection.account).to.deep.equal({ subject: 'ada', displayName: 'Ada L.' });
    expect(app.states).to.deep.equal(['connected']);
    const restarted = testApp({}, app.stored, app.clock);
    await restarted.connection.call('/api/library');
    expect(rig.sent()[2]).to.equal('Bearer t.2');
  });

  it('starts automatically when less than a third of the lifetime is left, and only once', async () => {
    app = await rig.connected();
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    rig.renewBy(async () => {
      await held;
      return tokenAnswer('t.2');
    });
    app.clock.now += 6_000_000;
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['Bearer t.1']);
    app.clock.now += 1000;
    await Promise.all([app.connection.call('/api/a'), app.connection.call('/api/b')]);
    const renewed = app.connection.renew();
    answer();
    await renewed;
    expect(rig.sent().filter((what) => what === 't.1')).to.have.length(1);
    await app.connection.call('/api/library');
    expect(rig.sent().at(-1)).to.equal('Bearer t.2');
  });

  it('starts as early as configured, or never', async () => {
    app = await rig.connected({ renewShare: 0.9 });
    rig.renewBy(tokenAnswer('t.2'));
    app.clock.now += 1_000_000;
    await app.connection.call('/api/library');
    await app.connection.renew();
    expect(rig.sent()).to.include('t.1');
    app = await rig.connected({ renewShare: 0 });
    app.clock.now += 8_999_000;
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['Bearer t.1']);
  });

  const year = 365 * 86_400_000;
  const clocks: readonly [what: string, paired: number, passed: number][] = [
    ['was three years behind, and is right', -3 * year, 0],
    ['was three years ahead, and is right', 3 * year, 0],
    ['was right, and is three years behind', 0, -3 * year],
    ['was right, and is three years ahead', 0, 3 * year],
  ];
  for (const [what, paired, later] of clocks) {
    it(`renews in time if the clock ${what}`, async () => {
      const start = Date.UTC(2026, 10, 1);
      const clock = { now: start + paired };
      app = testApp({}, new Map(), clock);
      rig.server.answers = [tokenAnswer('t.1', year / 1000), ok];
      await app.connection.redeem({ issuer: rig.server.issuer, code });
      rig.renewBy(tokenAnswer('t.2', year / 1000));
      let renewedBefore = 0;
      // One call a week, by the true time, until the token expires.
      for (let passed = 0; passed < year; passed += 7 * 86_400_000) {
        clock.now = start + later + passed;
        await app.connection.call('/api/library');
        if (renewedBefore === 0 && rig.sent().includes('t.1')) renewedBefore = passed + 1;
      }
      expect(renewedBefore).to.be.greaterThan(0);
      expect(rig.sent().at(-1)).to.equal('Bearer t.2');
      expect(rig.sent().filter((what) => what === 't.1')).to.have.length(1);
    });
  }

  it('renews when it is due by the server’s clock, regardless of its own clock', async () => {
    const start = Date.UTC(2026, 10, 1);
    const at = (passed: number) => ({ Date: new Date(start + passed).toUTCString() });
    const [status, body] = tokenAnswer('t.1', 9000) as [number, unknown];
    app = testApp();
    rig.server.answers = [[status, body, at(0)], ok];
    await app.connection.redeem({ issuer: rig.server.issuer, code });
    rig.server.heard.length = 0;
    let passed = 5_999_000;
    const heard = renewalHeard(() => at(passed));
    await app.connection.call('/api/library');
    passed = 6_001_000;
    await app.connection.call('/api/library');
    await heard;
    expect(rig.sent()).to.deep.equal(['Bearer t.1', 'Bearer t.1', 't.1']);
  });

  it('does not pause for years if the clock is set back after a failure', async () => {
    app = await rig.connected({ retrySeconds: 0 });
    rig.renewBy('cut');
    await clientCode(app.connection.renew());
    app.clock.now -= 3 * year;
    rig.server.heard.length = 0;
    const heard = renewalHeard();
    await app.connection.call('/api/library');
    await heard;
    expect(rig.sent()).to.have.members(['Bearer t.1', 't.1']);
  });

  it('does not retry for years if the clock is set back meanwhile', async () => {
    app = await rig.connected({ retrySeconds: 60 });
    rig.renewBy('cut');
    app.waiting = () => {
      app.clock.now -= year;
    };
    expect(await clientCode(app.connection.renew())).to.equal('ERR_NETWORK');
    expect(app.waits).to.deep.equal([1, 2, 4, 8, 16]);
  });

  it('keeps the token if a renewal fails, and pauses before the next one', async () => {
    app = await rig.connected({ retrySeconds: 0 });
    rig.renewBy([400, { error: 'unsupported_grant_type' }]);
    expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_UNSUPPORTED');
    app.clock.now += 8_000_000;
    rig.renewBy('cut');
    expect(await clientError(app.connection.renew(), 't.1')).to.include({ code: 'ERR_NETWORK', retryable: true });
    rig.server.heard.length = 0;
    for (let call = 0; call < 3; call += 1) {
      expect((await app.connection.call('/api/library')).status).to.equal(200);
    }
    expect(rig.sent()).to.deep.equal(Array(3).fill('Bearer t.1'));
    expect(app.connection.state).to.equal('connected');
  });

  it('retries when the answer was lost', async () => {
    app = await rig.connected();
    rig.renewBy('cut', tokenAnswer('t.2'));
    await app.connection.renew();
    expect(rig.sent()).to.deep.equal(['t.1', 't.1']);
    expect(app.waits).to.deep.equal([1]);
  });

  it('disconnects when the server no longer accepts the token', async () => {
    for (const said of [
      [400, { error: 'invalid_grant' }],
      [401, { error: 'invalid_token' }],
    ] as const) {
      app = await rig.connected();
      rig.renewBy(said);
      expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_DISCONNECTED');
      expect(app.states).to.deep.equal(['connected', 'disconnected']);
      expect(app.stored.size).to.equal(0);
    }
  });

  it('stays connected if the server does not confirm the revocation', async () => {
    app = await rig.connected();
    for (const [said, expected] of [
      [[500, {}], 'ERR_ANSWER'],
      [[400, { error: 'invalid_request' }], 'ERR_REQUEST_REFUSED'],
    ] as const) {
      rig.server.answers = [said];
      expect(await clientCode(app.connection.disconnect(), 't.1')).to.equal(expected);
      expect(app.connection.state).to.equal('connected');
    }
  });

  it('does not restore a connection that ended during the renewal', async () => {
    app = await rig.connected();
    rig.renewBy(async () => {
      await app.connection.disconnect();
      return tokenAnswer('t.2');
    });
    await app.connection.renew();
    expect(app.connection.state).to.equal('disconnected');
    expect(app.stored.size).to.equal(0);
  });

  it('throws without a token', async () => {
    expect(await clientCode(testApp().connection.renew())).to.equal('ERR_DISCONNECTED');
  });
});

describe('client: renewing with a real server', () => {
  let server: ClientServer;
  beforeEach(async () => {
    server = await startClientServer();
  });
  afterEach(() => server.stop());

  const tokenOf = (app: TestApp) => /"token":"([^"]+)"/.exec([...app.stored.values()].join())?.[1];

  it('gets a new token each time and stays one device', async () => {
    const app = testApp();
    await app.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
    const seen = new Set([tokenOf(app)]);
    for (let round = 1; round <= 3; round += 1) {
      await app.connection.renew();
      seen.add(tokenOf(app));
      expect((await app.connection.call('/api/library')).status).to.equal(200);
    }
    expect(seen.size).to.equal(4);
    expect(app.connection.account?.subject).to.equal('ada');
    expect((await server.devices()).map(({ id }) => id)).to.deep.equal([app.connection.deviceId]);
    await app.connection.disconnect();
    expect(await server.devices()).to.deep.equal([]);
  });

  it('is not locked out by a lost answer or by a new token that it could not store', async () => {
    let lose = false;
    let full = false;
    const stored = new Map<string, string>();
    const app = testApp(
      {
        storage: {
          ...memoryStorage(stored),
          set: async (key, value) => {
            if (full) throw new Error('no room');
            stored.set(key, value);
          },
        },
        fetch: async (address: string, init?: RequestInit) => {
          const response = await fetch(address, init);
          if (!lose) return response;
          lose = false;
          throw new TypeError('the answer is lost');
        },
      },
      stored,
    );
    await app.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
    lose = true;
    await app.connection.renew();
    expect(app.waits).to.deep.equal([1]);
    full = true;
    expect(await clientCode(app.connection.renew())).to.equal('ERR_STORAGE');
    full = false;
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    await app.connection.renew();
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    expect(app.connection.state).to.equal('connected');
    expect(server.events.map(({ type }) => type)).not.to.include('device.revoked');
  });
});
