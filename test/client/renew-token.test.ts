// Renewing the token before it expires, without ever losing the current one.
import { expect } from 'chai';
import type { ClientStorage } from '../../src/client/index.js';
import {
  type ClientServer,
  clientCode,
  clientError,
  memoryStorage,
  type StandIn,
  startClientServer,
  startStandIn,
  type TestApp,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';

describe('client: renewing', () => {
  let server: StandIn;
  let app: TestApp;
  const code = 'K7QM-2P9D-XR40';
  const ok = [200, {}] as const;
  const sent = () =>
    server.heard.map(({ path, headers, form }) => headers.authorization ?? form['refresh_token'] ?? path);

  async function connected(options: Parameters<typeof testApp>[0] = {}): Promise<void> {
    app = testApp(options);
    server.answers = [tokenAnswer('t.1', 9000), ok];
    await app.connection.redeem({ issuer: server.issuer, code });
    server.heard.length = 0;
  }

  /** Resolves once a renewal has reached the server. Every answer except the renewal's is 200. */
  function renewalHeard(date: () => Record<string, string> = () => ({})): Promise<void> {
    return new Promise((resolve) => {
      server.answers = [
        ({ form }) => {
          if (form['grant_type'] !== 'refresh_token') return [200, {}, date()];
          resolve();
          return tokenAnswer('t.2');
        },
      ];
    });
  }

  /** Answers renewals with `renewed` and everything else with 200. */
  function renewBy(...renewed: (typeof server.answers)[number][]): void {
    server.answers = [
      (heard) => {
        if (heard.form['grant_type'] !== 'refresh_token') return ok;
        const next = renewed.length > 1 ? renewed.shift() : renewed[0];
        return (typeof next === 'function' ? next(heard) : next) ?? ok;
      },
    ];
  }

  beforeEach(async () => {
    server = await startStandIn();
  });
  afterEach(() => server.stop());

  it('sends the token as its own refresh token and keeps the new one', async () => {
    await connected();
    renewBy([200, { access_token: 't.2', token_type: 'bearer', expires_in: 9000 }]);
    await app.connection.renew();
    expect(server.heard[0]).to.deep.include({
      path: '/api/auth/token',
      form: { grant_type: 'refresh_token', refresh_token: 't.1', client_id: 'com.example.music' },
    });
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['t.1', 'Bearer t.2']);
    expect(app.connection.account).to.deep.equal({ subject: 'ada', displayName: 'Ada L.' });
    expect(app.states).to.deep.equal(['connected']);
    const restarted = testApp({}, app.stored, app.clock);
    await restarted.connection.call('/api/library');
    expect(sent()[2]).to.equal('Bearer t.2');
  });

  it('starts automatically when less than a third of the lifetime is left, and only once', async () => {
    await connected();
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    renewBy(async () => {
      await held;
      return tokenAnswer('t.2');
    });
    app.clock.now += 6_000_000;
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['Bearer t.1']);
    app.clock.now += 1000;
    await Promise.all([app.connection.call('/api/a'), app.connection.call('/api/b')]);
    const renewed = app.connection.renew();
    answer();
    await renewed;
    expect(sent().filter((what) => what === 't.1')).to.have.length(1);
    await app.connection.call('/api/library');
    expect(sent().at(-1)).to.equal('Bearer t.2');
  });

  it('uses a token that another window has renewed, long before the old one counts as stolen', async () => {
    await connected();
    await app.connection.call('/api/library');
    const other = testApp({}, app.stored, app.clock);
    renewBy(tokenAnswer('t.2'));
    await other.connection.renew();
    app.clock.now += 60_000;
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['Bearer t.1', 't.1', 'Bearer t.2']);
    expect(app.states).to.deep.equal(['connected']);
  });

  it('keeps its own token if the storage is empty, fails or holds another window’s attempt', async () => {
    let reads = 0;
    let get: () => Promise<string | undefined> = async () => undefined;
    const stored = new Map<string, string>();
    const storage = { ...memoryStorage(stored), get: (key: string) => (reads++ === 0 ? stored.get(key) : get()) };
    await connected({ storage: storage as ClientStorage });
    for (const answer of [
      async () => undefined,
      () => Promise.reject(new Error('locked')),
      async () => '{"version":1,"state":"redeeming","issuer":"https://x.example","redemptionId":"r","startedAt":0}',
    ]) {
      get = answer;
      app.clock.now += 60_000;
      await app.connection.call('/api/library');
    }
    expect(sent()).to.deep.equal(Array(3).fill('Bearer t.1'));
    expect(app.connection.state).to.equal('connected');
    expect(reads).to.equal(4);
  });

  it('starts as early as configured, or never', async () => {
    await connected({ renewShare: 0.9 });
    renewBy(tokenAnswer('t.2'));
    app.clock.now += 1_000_000;
    await app.connection.call('/api/library');
    await app.connection.renew();
    expect(sent()).to.include('t.1');
    await connected({ renewShare: 0 });
    app.clock.now += 8_999_000;
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['Bearer t.1']);
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
      server.answers = [tokenAnswer('t.1', year / 1000), ok];
      await app.connection.redeem({ issuer: server.issuer, code });
      renewBy(tokenAnswer('t.2', year / 1000));
      let renewedBefore = 0;
      // One call a week, by the true time, until the token expires.
      for (let passed = 0; passed < year; passed += 7 * 86_400_000) {
        clock.now = start + later + passed;
        await app.connection.call('/api/library');
        if (renewedBefore === 0 && sent().includes('t.1')) renewedBefore = passed + 1;
      }
      expect(renewedBefore).to.be.greaterThan(0);
      expect(sent().at(-1)).to.equal('Bearer t.2');
      expect(sent().filter((what) => what === 't.1')).to.have.length(1);
    });
  }

  it('renews when it is due by the server’s clock, regardless of its own clock', async () => {
    const start = Date.UTC(2026, 10, 1);
    const at = (passed: number) => ({ Date: new Date(start + passed).toUTCString() });
    const [status, body] = tokenAnswer('t.1', 9000) as [number, unknown];
    app = testApp();
    server.answers = [[status, body, at(0)], ok];
    await app.connection.redeem({ issuer: server.issuer, code });
    server.heard.length = 0;
    let passed = 5_999_000;
    const heard = renewalHeard(() => at(passed));
    await app.connection.call('/api/library');
    passed = 6_001_000;
    await app.connection.call('/api/library');
    await heard;
    expect(sent()).to.deep.equal(['Bearer t.1', 'Bearer t.1', 't.1']);
  });

  it('does not pause for years if the clock is set back after a failure', async () => {
    await connected({ retrySeconds: 0 });
    renewBy('cut');
    await clientCode(app.connection.renew());
    app.clock.now -= 3 * year;
    server.heard.length = 0;
    const heard = renewalHeard();
    await app.connection.call('/api/library');
    await heard;
    expect(sent()).to.have.members(['Bearer t.1', 't.1']);
  });

  it('does not retry for years if the clock is set back meanwhile', async () => {
    await connected({ retrySeconds: 60 });
    renewBy('cut');
    app.waiting = () => {
      app.clock.now -= year;
    };
    expect(await clientCode(app.connection.renew())).to.equal('ERR_NETWORK');
    expect(app.waits).to.deep.equal([1, 2, 4, 8, 16]);
  });

  it('reads an empty storage again, because a locked keychain has the token later', async () => {
    await connected();
    const { stored } = app;
    let locked = true;
    const storage = { ...memoryStorage(stored), get: async (key: string) => (locked ? null : stored.get(key)) };
    const restarted = testApp({ storage: storage as ClientStorage }, stored, app.clock);
    expect(await restarted.connection.restore()).to.equal('disconnected');
    expect(await clientCode(restarted.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
    locked = false;
    expect(await restarted.connection.restore()).to.equal('connected');
    expect((await restarted.connection.call('/api/library')).status).to.equal(200);
    // The same during a renewal.
    locked = true;
    renewBy(tokenAnswer('t.2'));
    await restarted.connection.renew();
    await restarted.connection.call('/api/library');
    expect(sent().at(-1)).to.equal('Bearer t.2');
    expect(restarted.states).to.deep.equal(['connected']);
  });

  it('does not restore a token that the storage could not delete', async () => {
    const stored = new Map<string, string>();
    const storage = { ...memoryStorage(stored), delete: () => Promise.reject(new Error('locked')) };
    await connected({ storage });
    app = testApp({ storage }, stored);
    await app.connection.restore();
    expect(await clientCode(app.connection.clear())).to.equal('ERR_STORAGE');
    expect(await app.connection.restore()).to.equal('disconnected');
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
  });

  it('keeps the token if a renewal fails, and pauses before the next one', async () => {
    await connected({ retrySeconds: 0 });
    renewBy([400, { error: 'unsupported_grant_type' }]);
    expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_UNSUPPORTED');
    app.clock.now += 8_000_000;
    renewBy('cut');
    expect(await clientError(app.connection.renew(), 't.1')).to.include({ code: 'ERR_NETWORK', retryable: true });
    server.heard.length = 0;
    for (let call = 0; call < 3; call += 1) {
      expect((await app.connection.call('/api/library')).status).to.equal(200);
    }
    expect(sent()).to.deep.equal(Array(3).fill('Bearer t.1'));
    expect(app.connection.state).to.equal('connected');
  });

  it('retries when the answer was lost', async () => {
    await connected();
    renewBy('cut', tokenAnswer('t.2'));
    await app.connection.renew();
    expect(sent()).to.deep.equal(['t.1', 't.1']);
    expect(app.waits).to.deep.equal([1]);
  });

  it('keeps the old token until the new one is stored', async () => {
    const stored = new Map<string, string>();
    const storage = memoryStorage(stored);
    let full = false;
    const set = async (key: string, value: string) => {
      if (full) throw new Error(`no room for ${value}`);
      stored.set(key, value);
    };
    await connected({ storage: { ...storage, set } });
    renewBy(tokenAnswer('t.2'));
    full = true;
    expect((await clientError(app.connection.renew())).code).to.equal('ERR_STORAGE');
    await app.connection.call('/api/library');
    expect(sent().at(-1)).to.equal('Bearer t.1');
    full = false;
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(sent().slice(-2)).to.deep.equal(['t.1', 'Bearer t.2']);
  });

  it('uses the token that another window has renewed instead of an old one', async () => {
    await connected();
    const other = testApp({}, app.stored, app.clock);
    await other.connection.restore();
    renewBy(tokenAnswer('t.2'));
    await other.connection.renew();
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['t.1', 'Bearer t.2']);
  });

  it('disconnects when the server no longer accepts the token', async () => {
    for (const said of [
      [400, { error: 'invalid_grant' }],
      [401, { error: 'invalid_token' }],
    ] as const) {
      await connected();
      renewBy(said);
      expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_DISCONNECTED');
      expect(app.states).to.deep.equal(['connected', 'disconnected']);
      expect(app.stored.size).to.equal(0);
    }
  });

  it('uses the token that another window renewed while the server refused the old one', async () => {
    await connected();
    const other = testApp({}, app.stored, app.clock);
    renewBy(async () => {
      renewBy(tokenAnswer('t.2'));
      await other.connection.renew();
      return [400, { error: 'invalid_grant' }];
    });
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(sent()).to.deep.equal(['t.1', 't.1', 'Bearer t.2']);
    expect(app.states).to.deep.equal(['connected']);
  });

  it('stays connected if the server does not confirm the revocation', async () => {
    await connected();
    for (const [said, expected] of [
      [[500, {}], 'ERR_ANSWER'],
      [[400, { error: 'invalid_request' }], 'ERR_REQUEST_REFUSED'],
    ] as const) {
      server.answers = [said];
      expect(await clientCode(app.connection.disconnect(), 't.1')).to.equal(expected);
      expect(app.connection.state).to.equal('connected');
    }
  });

  it('does not restore a connection that ended during the renewal', async () => {
    await connected();
    renewBy(async () => {
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
