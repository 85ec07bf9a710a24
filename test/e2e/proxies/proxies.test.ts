// test/e2e: runs the configurations of docs/proxies.md in real proxies, against everything that a client can send.
import { expect } from 'chai';
import { type Arrival, metadataPath } from './guarded-app.js';
import { type Field, rawRequest } from './raw-request.js';
import { type Running, run, type Setup, setups, sharedSetup } from './setups.js';

const asAlice: Field = ['Cookie', 'login=alice'];
const asBob: Field = ['Cookie', 'login=bob'];

// H31: paths that proxies and apps are known to read differently.
const oddPaths = [
  ...['//api/x', '/%61pi/x', '/x/../api/x', '/./api/x', '/API/x', '/apix', '/api', '/api%2fx', '/api/..;/auth/me'],
  ...['/api/../auth/me', '/api/%2e%2e/auth/me', '/api/..%2fauth/me', '/auth/../api/x', '//auth/me', '/auth//me'],
  ...['/api/x/../../auth/me', '/api%2f..%2fauth/me', '/%2561pi/x', '/api/x?/../auth/me', '/;/api/x'],
  ...['http://127.0.0.1/auth/me', 'http://127.0.0.1/api/x', 'http://elsewhere.example/api/../auth/me'],
];

/** The headers by which a client may try to act as root. Unless named otherwise, each set has the real secret. */
function forgeries({ user, groups }: Setup, secret: string): Record<string, readonly Field[]> {
  const secretField: Field = ['X-Latchkey-Proxy-Secret', secret];
  const plain: readonly Field[] = [[user, 'root'], [groups, 'admins'], secretField];
  const renamed = (rename: (name: string) => string) => plain.map(([name, value]): Field => [rename(name), value]);
  return {
    plain,
    'with a guessed secret': [...plain.slice(0, 2), ['X-Latchkey-Proxy-Secret', 'a guess of mine, sir']],
    'in lower case': renamed((name) => name.toLowerCase()),
    'in upper case': renamed((name) => name.toUpperCase()),
    twice: [...plain, ...plain],
    'twice, in two cases': [...plain, ...renamed((name) => name.toUpperCase())],
    'with underscores': renamed((name) => name.replaceAll('-', '_')),
    'with dots': renamed((name) => name.replaceAll('-', '.')),
    'groups only': [[groups, 'admins'], secretField],
    'with a Connection header that names the user': [...plain, ['Connection', `close, ${user}`]],
    'with a Connection header that names the groups': [...plain, ['Connection', `close, ${groups}`]],
    'with a Connection header that names the secret': [...plain, ['Connection', 'close, X-Latchkey-Proxy-Secret']],
  };
}

for (const setup of setups) {
  describe(`docs/proxies.md: ${setup.name}`, () => {
    let running: Running;
    let forged: Record<string, readonly Field[]>;
    before(async () => {
      running = await run(setup);
      forged = forgeries(setup, running.app.secret);
    });
    after(() => running?.stop());
    beforeEach(() => void running.app.arrivals());

    /** Expects that every request was anonymous and that none had the proxy secret. */
    function expectAnonymous(arrivals: readonly Arrival[], what: string): void {
      for (const { subject, roles, headers, url } of arrivals) {
        expect(subject, `${what}: ${url}`).to.equal(undefined);
        expect(roles, `${what}: ${url}`).to.deep.equal([]);
        expect(headers['x-latchkey-proxy-secret'], `the secret, ${what}: ${url}`).to.equal(undefined);
      }
    }

    it('redirects anonymous users to the login page, and sends nothing to the app', async () => {
      const answer = await rawRequest(running.port, '/auth/me');
      expect(answer.status).to.equal(302);
      expect(/^location: (.*)$/imu.exec(answer.head)?.[1]).to.equal(setup.loginPage(running.port));
      expect(running.app.arrivals()).to.deep.equal([]);
    });

    it('logs users in with their groups', async () => {
      const { status, json } = await rawRequest(running.port, '/auth/me', [asAlice]);
      expect(status).to.equal(200);
      expect(json).to.include({ subject: 'alice', display_name: 'alice, in person', email: 'alice@example.com' });
      expect(json['roles']).to.deep.equal(['admin']);
    });

    it('logs users without groups in without roles', async () => {
      const { status, json } = await rawRequest(running.port, '/', [asBob]);
      expect(status).to.equal(200);
      expect(json).to.deep.include({ subject: 'bob', roles: [], method: 'header' });
    });

    it('sends no forged header of an anonymous client to the app', async () => {
      for (const [how, fields] of Object.entries(forged)) {
        const { status } = await rawRequest(running.port, '/auth/me', fields);
        expect(status, how).to.equal(302);
        expect(running.app.arrivals(), how).to.deep.equal([]);
      }
    });

    it('gives a user no other name and no group for a forged header (H8, H9, H34)', async () => {
      for (const [how, fields] of Object.entries(forged)) {
        await rawRequest(running.port, '/', [asBob, ...fields]);
        const [arrival, ...more] = running.app.arrivals();
        expect(more, how).to.deep.equal([]);
        expect(arrival?.subject ?? 'bob', how).to.equal('bob');
        expect(arrival?.roles ?? [], how).to.deep.equal([]);
      }
      const { json } = await rawRequest(running.port, '/', [asBob, ...(forged['plain'] ?? [])]);
      expect(json).to.deep.include({ subject: 'bob', roles: [] });
    });

    it('makes API requests anonymous, despite forged headers and logins (H10)', async () => {
      for (const [how, fields] of Object.entries(forged)) {
        for (const cookie of [[], [asAlice]]) {
          await rawRequest(running.port, '/api/x', [...cookie, ...fields]);
          expectAnonymous(running.app.arrivals(), how);
        }
      }
      const { status, json } = await rawRequest(running.port, '/api/x', [asAlice, ...(forged['plain'] ?? [])]);
      expect(status).to.equal(200);
      expect(json).to.deep.equal({ roles: [], ip: '127.0.0.1' });
    });

    it('lets requests for the API metadata through, but not for similar paths (H10, H31)', async () => {
      for (const fields of [[], [asAlice], forged['plain'] ?? []]) {
        const { status, json } = await rawRequest(running.port, metadataPath, fields);
        expect(status).to.equal(200);
        expect(json).to.include({ issuer: 'https://music.example.com/api/auth' });
        expectAnonymous(running.app.arrivals(), 'metadata');
      }
      const around = ['', '/', 'x', '/x', '/..', '/../../../auth/me', '/..%2f..%2f..%2fauth/me', '%2f', ';/x'];
      for (const path of [...around.map((end) => `${metadataPath}${end}`), metadataPath.toUpperCase()]) {
        await rawRequest(running.port, path, forged['plain']);
        expectAnonymous(running.app.arrivals(), path);
      }
      for (const path of ['/.well-known/', '/.well-known/oauth-authorization-server/auth']) {
        expect((await rawRequest(running.port, path, forged['plain'])).status, path).to.equal(302);
        expect(running.app.arrivals(), path).to.deep.equal([]);
      }
    });

    it('gives an anonymous client no identity on any spelling of a path (H31)', async () => {
      let arrived = 0;
      for (const path of oddPaths) {
        await rawRequest(running.port, path, forged['plain']);
        const arrivals = running.app.arrivals();
        arrived += arrivals.length;
        expectAnonymous(arrivals, `logged out, ${path}`);
      }
      expect(arrived, 'several spellings reach the app without a login').to.be.greaterThan(3);
    });

    it('gives a logged-in user only their own identity, and none on the API (H31)', async () => {
      for (const path of oddPaths) {
        await rawRequest(running.port, path, [asBob, ...(forged['plain'] ?? [])]);
        for (const { url, subject, roles } of running.app.arrivals()) {
          const isApi = /^(?:http:\/\/[^/]*)?\/api(?![\w-])/iu.test(url);
          expect(subject ?? 'nobody', path).to.be.oneOf(isApi ? ['nobody'] : ['nobody', 'bob']);
          expect(roles, path).to.deep.equal([]);
        }
      }
    });

    it('authenticates no request with 1,200 extra header fields (H33)', async () => {
      const junk = Array.from({ length: 1200 }, (_, index): Field => [`X-${index}`, '1']);
      for (const path of ['/', '/api/x']) {
        for (const fields of [
          [...junk, ...(forged['plain'] ?? [])],
          [asAlice, ...junk],
          [...junk, asAlice],
        ]) {
          const { status } = await rawRequest(running.port, path, fields);
          expect(status, path).to.be.within(300, 499);
          for (const { subject } of running.app.arrivals()) expect(subject, path).to.equal(undefined);
        }
      }
    });

    it('does not let a client choose the address that throttles count', async () => {
      for (const path of ['/', '/api/x']) {
        const { json } = await rawRequest(running.port, path, [asAlice, ['X-Forwarded-For', '203.0.113.9']]);
        expect(json['ip'], path).to.equal('127.0.0.1');
      }
    });

    it('accepts writes only from its own pages', async () => {
      const from = (origin: string) =>
        rawRequest(running.port, '/auth/logout', [asAlice, ['Origin', origin]], { method: 'POST', body: {} });
      expect((await from(`http://127.0.0.1:${running.port}`)).status).to.equal(200);
      expect((await from('https://elsewhere.example')).json['code']).to.equal('ERR_CROSS_ORIGIN');
    });

    it('pairs an app: the page gets events at once, and the API accepts the token', async () => {
      const { port } = running;
      const fields: Field[] = [asAlice, ['Origin', `http://127.0.0.1:${port}`]];
      const opened = await rawRequest(port, '/auth/pairings', fields, { method: 'POST', body: {} });
      expect(opened.status).to.equal(201);

      // The stream stays open as long as the pairing, so an event that has arrived was not buffered.
      const stream = await rawRequest(port, `/auth/pairings/${opened.json['id']}/events`, [asAlice], {
        enough: (received) => received.includes('\ndata: {'),
      });
      expect(stream.body).to.include('event: status');

      const redeemed = await rawRequest(port, '/api/auth/token', [], {
        method: 'POST',
        body: {
          grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
          code: opened.json['code'],
          client_id: 'e2e',
          device_name: 'A phone',
        },
      });
      expect(redeemed.status).to.equal(200);
      const token: Field = ['Authorization', `Bearer ${redeemed.json['access_token']}`];
      const { json } = await rawRequest(port, '/api/x', [token, ...(forged['plain'] ?? [])]);
      expect(json).to.deep.include({ subject: 'alice', roles: ['admin'], method: 'token' });
    });

    it("refuses another host on the proxy's network, which does not have the secret", async () => {
      for (const [secret, path] of [[undefined, '/auth/me'] as const, ['a guess of mine, sir', '/'] as const]) {
        const fields: Field[] = [[setup.user, 'root'], ...(secret === undefined ? [] : [secretOf(secret)])];
        const { status, json } = await rawRequest(running.app.port, path, fields);
        expect({ status, code: json['code'] }).to.deep.equal({ status: 403, code: 'ERR_PROXY_SECRET' });
      }
    });
  });
}

describe(`docs/proxies.md: ${sharedSetup.name}`, () => {
  let running: Running;
  let token: Field;
  let forged: Record<string, readonly Field[]>;
  before(async () => {
    running = await run(sharedSetup);
    forged = forgeries(sharedSetup, running.app.secret);
    const { port } = running;
    const fields: Field[] = [asAlice, ['Origin', `http://127.0.0.1:${port}`]];
    const { json } = await rawRequest(port, '/auth/pairings', fields, { method: 'POST', body: {} });
    const grant_type = 'urn:latchkey:params:oauth:grant-type:quick-connect';
    const body = { grant_type, code: json['code'], client_id: 'e2e', device_name: 'A phone' };
    const redeemed = await rawRequest(port, '/api/auth/token', [], { method: 'POST', body });
    token = ['Authorization', `Bearer ${redeemed.json['access_token']}`];
  });
  after(() => running?.stop());
  beforeEach(() => void running.app.arrivals());

  const who = async (path: string, fields: readonly Field[]) => {
    const { status, json } = await rawRequest(running.port, path, fields);
    return status === 200 ? [json['subject'], json['method']] : status;
  };

  it('gives browsers and apps the same API', async () => {
    expect(await who('/api/x', [asBob])).to.deep.equal(['bob', 'header']);
    expect(await who('/api/x', [token])).to.deep.equal(['alice', 'token']);
    expect(await who('/api/x', [token, asBob])).to.deep.equal(['alice', 'token']);
    expect(await who('/api/x', [])).to.deep.equal([undefined, undefined]);
    expect(await who('/api/x', [['Authorization', 'Bearer x'], asBob])).to.equal(401);
    expect(await who('/api/@scope%2fname', [asBob])).to.deep.equal(['bob', 'header']);
    expect(await who('/@scope%2fname', [asBob])).to.deep.equal(['bob', 'header']);
    expect(await who('/@scope%2fname', [])).to.equal(302);
  });

  it('gives nobody the identity in forged headers, on any spelling of a path (H10, H31, H45)', async () => {
    for (const path of ['/api/x', ...oddPaths]) {
      for (const [how, fields] of Object.entries(forged)) {
        for (const [login, own] of [[[], 'nobody'] as const, [[asBob], 'bob'] as const, [[token], 'alice'] as const]) {
          await rawRequest(running.port, path, [...login, ...fields]);
          for (const { subject, roles } of running.app.arrivals()) {
            expect(subject ?? 'nobody', `${path}, ${how}`).to.be.oneOf(['nobody', own]);
            if (own !== 'alice') expect(roles, `${path}, ${how}`).to.deep.equal([]);
          }
        }
      }
    }
  });
});

describe('docs/proxies.md: Caddy with a login server that omits the groups', () => {
  it("never uses the client's groups, and refuses the placeholder of an old Caddy", async () => {
    const setup = setups.find(({ login }) => login === 'authelia-forward-auth') as Setup;
    const running = await run(setup, true);
    try {
      const { json } = await rawRequest(running.port, '/', [asBob, [setup.groups, 'admins']]);
      // Caddy before 2.10, and Caddy since.
      expect(json['code'] ?? json['subject']).to.be.oneOf(['ERR_HEADER_PLACEHOLDER', 'bob']);
      expect(running.app.arrivals().map(({ roles }) => roles)).to.deep.equal([[]]);
    } finally {
      await running.stop();
    }
  });
});

function secretOf(value: string): Field {
  return ['X-Latchkey-Proxy-Secret', value];
}
