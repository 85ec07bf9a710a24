// H34: a user without groups keeps the groups header that the client sent.
import { expect } from 'chai';
import { startIdentityServer } from '../support/identity-server.js';

const values = ['0123456789-abcdef'] as const;

describe("H34: the client's groups beside the proxy's user", () => {
  it('are refused if the proxy adds its own header to the client’s', async () => {
    const server = await startIdentityServer();
    try {
      const answer = await server.get('/', [
        ['Remote-Groups', 'admins'],
        ['Remote-User', 'alice'],
        ['remote-groups', ''],
      ]);
      expect(answer).to.include({ status: 400, code: 'ERR_HEADER_DUPLICATE' });
    } finally {
      await server.stop();
    }
  });

  it('are refused on a path that the proxy does not guard, which has no secret', async () => {
    const server = await startIdentityServer({ proxySecret: { header: 'X-Proxy-Secret', values } });
    try {
      const answer = await server.get('/', [
        ['Remote-Groups', 'admins'],
        ['Remote-User', 'alice'],
      ]);
      expect(answer).to.include({ status: 403, code: 'ERR_PROXY_SECRET' });
    } finally {
      await server.stop();
    }
  });

  it('log nobody in without a user', async () => {
    const server = await startIdentityServer({ proxySecret: { header: 'X-Proxy-Secret', values } });
    try {
      const answer = await server.get('/', [
        ['Remote-Groups', 'admins'],
        ['X-Proxy-Secret', values[0]],
      ]);
      expect(answer.status).to.equal(200);
      expect(answer).to.not.have.property('assertion');
    } finally {
      await server.stop();
    }
  });

  it('become no groups if the proxy removes them, because absent groups clear the user’s groups', async () => {
    const server = await startIdentityServer();
    try {
      const before = await server.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', 'admins'],
      ]);
      expect(before.assertion?.groups).to.deep.equal(['admins']);
      const after = await server.get('/', [['Remote-User', 'alice']]);
      expect(after.assertion).to.deep.equal({ subject: 'alice', groups: [] });
    } finally {
      await server.stop();
    }
  });
});
