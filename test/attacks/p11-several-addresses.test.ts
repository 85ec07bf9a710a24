// P11: a client that knows several addresses of its server sends the token to these only, and to the server only; what
// answers there in another network does not end the connection.
import { expect } from 'chai';
import {
  clientCode,
  type Heard,
  type Said,
  type StandIn,
  startStandIn,
  type TestApp,
  testApp,
  tokenAnswer,
} from '../support/client-rig.js';

const metadata = '/.well-known/oauth-authorization-server';
const invalid: Said = [401, {}, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }];

describe('P11: the token stays with its server, whichever address it uses', () => {
  let wan: StandIn;
  let lan: StandIn;
  let app: TestApp;
  /** What a stand-in answers by path; the last member of the path is the key. */
  let wanSays: Record<string, Said>;
  let lanSays: Record<string, Said>;
  const named = ({ path }: Heard) => path.split('/').at(-1) ?? '';
  const withToken = (server: StandIn) =>
    server.heard.filter(({ headers, form }) => headers.authorization !== undefined || 'refresh_token' in form);

  beforeEach(async () => {
    wan = await startStandIn();
    lan = await startStandIn();
    const itself: Said = [200, { issuer: wan.issuer }];
    wanSays = { token: tokenAnswer('t.1'), 'oauth-authorization-server': itself };
    lanSays = { 'oauth-authorization-server': [404] };
    wan.answers = [(heard) => wanSays[named(heard)] ?? [200, { from: 'wan' }]];
    lan.answers = [(heard) => lanSays[named(heard)] ?? [200, { from: 'lan' }]];
    app = testApp({ addresses: [lan.origin] });
    await app.connection.redeem({ issuer: wan.issuer, code: 'K7QM-2P9D-XR40' });
    app.clock.now += 61_000;
    wan.heard.length = 0;
    lan.heard.length = 0;
    // The tests decide which of the two answers first.
    wanSays['oauth-authorization-server'] = [404];
    lanSays['oauth-authorization-server'] = itself;
  });
  afterEach(async () => {
    await wan.stop();
    await lan.stop();
  });
  const from = async (path = '/api/library', init = {}) => {
    const answer = await app.connection.call(path, init);
    return ((await answer.json()) as { from?: string }).from;
  };

  it('sends calls to the address that answers, and remembers it for a minute', async () => {
    expect(
      await Promise.all([from(), from(), from(`${wan.origin}/api/library`), from(`${lan.origin}/x`)]),
    ).to.deep.equal(Array(4).fill('lan'));
    expect(lan.heard.filter(({ path }) => path === `/api/auth${metadata}`)).to.have.length(1);
    expect(app.connection).to.include({ address: lan.origin, issuer: wan.issuer });
    app.clock.now += 59_000;
    await from();
    expect(lan.heard.filter(({ path }) => path.endsWith(metadata))).to.have.length(1);
    app.clock.now += 2_000;
    expect(await from()).to.equal('lan');
    expect(lan.heard.filter(({ path }) => path.endsWith(metadata))).to.have.length(2);
    expect(withToken(wan)).to.deep.equal([]);
  });

  it('asks without the token, and sends none to a server that is not its own', async () => {
    for (const said of [
      [200, { issuer: `${lan.origin}/api/auth` }],
      [200, '<html>Please accept our terms</html>'],
      [302, '', { Location: wan.origin }],
      [401, {}],
      [503, {}],
      'cut',
    ] as Said[]) {
      lanSays['oauth-authorization-server'] = said;
      expect(await from(), JSON.stringify(said)).to.equal('wan');
      app.clock.now += 61_000;
    }
    expect(withToken(lan)).to.deep.equal([]);
    expect(lan.heard).to.have.length(6);
  });

  it('sends it to no origin that is not listed', async () => {
    const stranger = await startStandIn();
    expect(await clientCode(app.connection.call(`${stranger.origin}/api/library`), 't.1')).to.equal(
      'ERR_FOREIGN_ORIGIN',
    );
    expect(await clientCode(app.connection.call(`//${new URL(stranger.origin).host}/x`))).to.equal(
      'ERR_FOREIGN_ORIGIN',
    );
    expect(stranger.heard).to.deep.equal([]);
    await stranger.stop();
  });

  it('goes on at the issuer’s own address when the other one refuses the token, redirects or fails', async () => {
    for (const said of [invalid, [302, '', { Location: wan.origin }], [503], [502], 'cut'] as Said[]) {
      lanSays['library'] = said;
      expect(await from(), JSON.stringify(said)).to.equal('wan');
      expect(app.connection.state).to.equal('connected');
      app.clock.now += 61_000;
    }
    expect(withToken(lan)).to.have.length(5);
  });

  it('does not repeat a write that may have been done, but uses another address next', async () => {
    lanSays['library'] = 'cut';
    expect(await clientCode(app.connection.call('/api/library', { method: 'POST' }))).to.equal('ERR_NETWORK');
    expect(wan.heard.filter(({ path }) => path === '/api/library')).to.deep.equal([]);
    expect(await from('/api/library', { method: 'POST' })).to.equal('wan');
    // A refused token did nothing, so the write can be sent again.
    app.clock.now += 61_000;
    lanSays['library'] = invalid;
    expect(await from('/api/library', { method: 'POST' })).to.equal('wan');
  });

  it('keeps the token while only another server says that it has ended, and the own one is away', async () => {
    lanSays['library'] = invalid;
    lanSays['token'] = [400, { error: 'invalid_grant' }];
    wan.answers = ['cut'];
    expect(await clientCode(app.connection.call('/api/library'), 't.1')).to.equal('ERR_NETWORK');
    expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_NETWORK');
    expect(app.connection.state).to.equal('connected');
    expect([...app.stored.values()].join()).to.contain('t.1');
  });

  it('loses it when the issuer’s own address says so', async () => {
    lanSays['library'] = invalid;
    wanSays['library'] = invalid;
    expect(await clientCode(app.connection.call('/api/library'), 't.1')).to.equal('ERR_DISCONNECTED');
    expect(app.connection.state).to.equal('disconnected');
  });

  it('ends, with the error of the issuer’s own address, when no address answers', async () => {
    lan.answers = ['cut'];
    wan.answers = ['cut'];
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_NETWORK');
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_NETWORK');
  });

  it('renews at the address that answers, but follows no move that it announces', async () => {
    const [, body] = tokenAnswer('t.2') as [number, object];
    lanSays['token'] = [200, { ...body, issuer: `${lan.origin}/api/auth` }];
    await app.connection.renew();
    expect(app.connection.issuer).to.equal(wan.issuer);
    expect([...app.stored.values()].join()).to.contain('t.2');
  });

  describe('before it is connected', () => {
    const code = 'K7QM-2P9D-XR40';
    beforeEach(async () => {
      await app.connection.clear();
      wanSays['token'] = 'cut';
    });

    it('pairs and disconnects at the address that answers', async () => {
      lanSays['token'] = tokenAnswer('t.9');
      lanSays['revoke'] = [200, ''];
      await app.connection.redeem({ issuer: wan.issuer, code });
      expect(app.connection).to.include({ state: 'connected', issuer: wan.issuer });
      await app.connection.disconnect();
      expect(lan.heard.at(-1)?.form).to.include({ token: 't.9' });
      expect(wan.heard.filter(({ path }) => !path.endsWith(metadata))).to.deep.equal([]);
    });

    it('waits for approval at the address that answers', async () => {
      const wanted = { error: 'authorization_pending', device_code: 'dc-1', interval: 1, expires_in: 120 };
      const said: Said[] = [[400, wanted], [400, { error: 'authorization_pending' }], tokenAnswer('t.9')];
      lan.answers = [(heard) => (named(heard) === 'token' ? said.shift() : lanSays[named(heard)]) ?? [404]];
      await app.connection.redeem({ issuer: wan.issuer, code });
      expect(app.connection.state).to.equal('connected');
      expect(said).to.deep.equal([]);
    });

    it('pairs at the issuer’s own address if the other one fails, or answers like no server', async () => {
      wanSays['token'] = tokenAnswer('t.9');
      for (const failure of [
        [503],
        [404, { statusCode: 404, error: 'Not Found' }],
        [403, { error: 'Forbidden' }],
        [400, { error: 'Bad Request' }],
        [429, { error: 'slow_down' }],
        [200, '<html>Please accept our terms</html>'],
        [200, { access_token: 'no token', token_type: 'Bearer', expires_in: 9000 }],
        'cut',
      ] as Said[]) {
        lanSays['token'] = failure;
        await app.connection.redeem({ issuer: wan.issuer, code });
        expect(app.connection.state, JSON.stringify(failure)).to.equal('connected');
        await app.connection.clear();
        app.clock.now += 61_000;
      }
    });

    it('stops at once if it is aborted while it looks for an address', async () => {
      // Neither address ever answers, so only the abort can end the search.
      for (const server of [lan, wan]) server.answers = [() => new Promise<Said>(() => {})];
      let stop = () => {};
      const signal = {
        aborted: false,
        addEventListener: (_type: string, listener: () => void) => {
          stop = listener;
        },
        removeEventListener: () => {},
      };
      const redeeming = clientCode(app.connection.redeem({ issuer: wan.issuer, code }, { signal: signal as never }));
      await new Promise((resolve) => setImmediate(resolve));
      signal.aborted = true;
      stop();
      expect(await redeeming).to.equal('ERR_ABORTED');
      expect(wan.heard.map(named)).not.to.include('token');
    });

    it('sends the code to no server that is not its own', async () => {
      lanSays['oauth-authorization-server'] = [200, { issuer: `${lan.origin}/api/auth` }];
      wanSays['token'] = tokenAnswer('t.9');
      await app.connection.redeem({ issuer: wan.issuer, code });
      expect(lan.heard.map(named)).to.deep.equal(['oauth-authorization-server']);
    });
  });

  it('disconnects at the issuer’s own address if the other one refuses', async () => {
    lanSays['revoke'] = [200, '<html>Please accept our terms</html>'];
    wanSays['revoke'] = [200];
    await app.connection.disconnect();
    expect(app.connection.state).to.equal('disconnected');
    expect(wan.heard.map(named)).to.include('revoke');
  });

  it('renews at the issuer’s own address if the other one answers like no server', async () => {
    const [, body] = tokenAnswer('t.4') as [number, object];
    for (const said of [
      [200, '<html>Please accept our terms</html>'],
      [200, { access_token: 'no token' }],
      [200, { ...body, error: 'invalid_grant' }],
    ] as Said[]) {
      lanSays['token'] = said;
      wanSays['token'] = tokenAnswer('t.3');
      await app.connection.renew();
      expect([...app.stored.values()].join(), JSON.stringify(said)).to.contain('t.3');
      app.clock.now += 61_000;
    }
  });

  it('takes only origins of https URLs as addresses', async () => {
    for (const addresses of [
      ['http://192.168.1.9'],
      ['music.lan'],
      ['https://music.lan/api'],
      [''],
      'https://music.lan',
    ]) {
      const made = async () => testApp({ addresses: addresses as string[] });
      expect(await clientCode(made()), String(addresses)).to.equal('ERR_ISSUER_INSECURE');
    }
    testApp({ addresses: ['https://music.lan:8443', 'https://music.lan/'] });
  });
});
