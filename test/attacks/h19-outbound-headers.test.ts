// H19: the app forwards a client's identity headers in a request to itself.
import { once } from 'node:events';
import { createServer, request as outbound } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { identifier, type OutboundHeaders } from '../../src/identity/identify.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const secret = { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] } as const;
const identity = identifier({ trustedProxies: ['loopback'], headers: 'authelia', proxySecret: secret });

describe('H19: identity headers in outbound requests', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({ proxySecret: secret });
  });
  after(() => server.stop());

  const throughApp = async (prepare: (headers: OutboundHeaders) => OutboundHeaders): Promise<string> => {
    const { port } = server.server.address() as AddressInfo;
    const relay = createServer((request, response) => {
      outbound({ host: '127.0.0.1', port, path: '/admin', headers: prepare(request.headers) }, (answer) => {
        answer.pipe(response);
      }).end();
    }).listen(0, '127.0.0.1');
    try {
      await once(relay, 'listening');
      const headers = { 'remote-user': 'admin', 'remote-groups': 'admins', 'x-proxy-secret': secret.values[0] };
      const answer = await fetch(`http://127.0.0.1:${(relay.address() as AddressInfo).port}/`, { headers });
      return await answer.text();
    } finally {
      relay.close();
      relay.closeAllConnections();
    }
  };

  it('log in at the app itself if they are forwarded', async () => {
    expect(await throughApp((headers) => headers)).to.include('"subject":"admin"');
  });

  it('are removed by stripIdentityHeaders', async () => {
    const answer = await throughApp((headers) => identity.stripIdentityHeaders(headers));
    expect(answer).to.include('"unguarded":false').and.not.include('admin');
  });

  it('are removed with their aliases and the secret, in any case, and no other header is', () => {
    const kept = { Host: 'other.example', 'set-cookie': ['a=b', 'c=d'], 'x-remote-user': 'x', connection: undefined };
    const given = {
      ...kept,
      'Remote-User': 'admin',
      'remote-groups': ['admins', 'users'],
      REMOTE_NAME: 'x',
      'remote.email': 'x',
      'X-Proxy-Secret': 'x',
      x_proxy_secret: 'x',
    };
    const before = structuredClone(given);
    expect(identity.stripIdentityHeaders(given)).to.deep.equal(kept);
    expect(given).to.deep.equal(before);
  });

  it('are removed without affecting a header named __proto__', () => {
    const given = JSON.parse('{"__proto__":"x","remote-user":"admin"}') as OutboundHeaders;
    const stripped = identity.stripIdentityHeaders(given);
    expect(Object.keys(stripped)).to.deep.equal(['__proto__']);
    expect(Object.getPrototypeOf(stripped)).to.equal(Object.prototype);
  });
});
