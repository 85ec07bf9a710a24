// H1: a client writes the proxy's address into X-Forwarded-For.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { explainedIdentifier } from '../support/explained.js';
import { answerTo } from '../support/identity-server.js';

describe('H1: a forwarded address', () => {
  it('does not make a peer trusted, even if Express trusts the header', async () => {
    const identity = explainedIdentifier({ trustedProxies: ['10.0.0.7', '::1'], headers: 'authelia' });
    const app = express();
    app.set('trust proxy', true);
    app.use((request, response) => {
      // Passes the whole request, including `ip`, which identity must not use.
      const answer = answerTo(() => identity.identify(request));
      response.json({ ip: request.ip, ...answer });
    });
    const server = createServer(app).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      for (const headers of [
        { 'x-forwarded-for': '10.0.0.7' },
        { 'x-forwarded-for': '10.0.0.7, 203.0.113.9', 'x-real-ip': '10.0.0.7', forwarded: 'for=10.0.0.7' },
      ]) {
        const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { ...headers, 'remote-user': 'admin' } });
        expect(await response.json()).to.deep.equal({ ip: '10.0.0.7', status: 403, code: 'ERR_PEER_UNTRUSTED' });
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
