// H8: a proxy passes on the client's own header if its login server sets none.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const current = 'current-secret-0123456789';
const former = 'former-secret-0123456789';

describe("H8: the client's copies of identity headers", () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({ proxySecret: { header: 'X-Proxy-Secret', values: [current, former] } });
  });
  after(() => server.stop());

  it('are refused without the secret that the proxy adds after a login', async () => {
    for (const copies of [
      [['Remote-User', 'admin']],
      [['Remote-Groups', 'admins']],
      [
        ['Remote-User', 'admin'],
        ['Remote-Groups', 'admins'],
      ],
    ] as const) {
      expect(await server.get('/', copies)).to.include({ status: 403, code: 'ERR_PROXY_SECRET' });
    }
  });

  it('are refused with a wrong secret', async () => {
    for (const guess of ['', 'x', current.slice(0, -1), `${current}x`, `${current},${former}`, current.toUpperCase()]) {
      const answer = await server.get('/', [
        ['Remote-User', 'admin'],
        ['X-Proxy-Secret', guess],
      ]);
      expect(answer, guess).to.include({ status: 403, code: 'ERR_PROXY_SECRET' });
    }
  });

  it('differ from headers with the secret: the new one, or the old one during rotation', async () => {
    for (const value of [current, former]) {
      const answer = await server.get('/', [
        ['X-Proxy-Secret', value],
        ['Remote-User', 'alice'],
      ]);
      expect(answer.assertion?.subject).to.equal('alice');
    }
  });

  it('log nobody in if they are only groups, with or without the secret', async () => {
    const plain = await startIdentityServer();
    try {
      const fields = [
        ['Remote-Groups', 'admins'],
        ['Remote-Email', 'admin@example.com'],
      ] as const;
      for (const answer of [
        await plain.get('/', fields),
        await server.get('/', [...fields, ['X-Proxy-Secret', current]]),
        await server.get('/', [['X-Proxy-Secret', current]]),
      ]) {
        expect(answer.status).to.equal(200);
        expect(answer).to.not.have.property('assertion');
      }
    } finally {
      await plain.stop();
    }
  });

  it('are refused from other peers, even with the secret', async () => {
    const untrusted = await startIdentityServer({
      trustedProxies: ['10.0.0.7'],
      proxySecret: { header: 'X-Proxy-Secret', values: [current] },
    });
    try {
      const guess = await untrusted.get('/', [['X-Proxy-Secret', 'a-guess-of-the-secret']]);
      expect(guess.code).to.equal('ERR_PEER_UNTRUSTED');
      const stolen = await untrusted.get('/', [
        ['X-Proxy-Secret', current],
        ['Remote-User', 'admin'],
      ]);
      expect(stolen.code).to.equal('ERR_PEER_UNTRUSTED');
    } finally {
      await untrusted.stop();
    }
  });
});
