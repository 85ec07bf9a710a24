// Latchkey on Fastify with @fastify/express, which replaces `send` of Express and `headersSent` of Node.

import type { AddressInfo } from 'node:net';
import fastifyExpress from '@fastify/express';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import type { Latchkey } from '../../src/index.js';
import { send } from '../http/client.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { plainLatchkey, quickConnectGrant, strays } from './rig.js';

const sameOrigin = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };

describe('Latchkey on Fastify', () => {
  let app: FastifyInstance;
  let auth: Latchkey;
  let port: number;
  let stray: ReturnType<typeof strays>;
  before(async () => {
    ({ auth } = plainLatchkey());
    app = fastify();
    await app.register(fastifyExpress.default ?? fastifyExpress);
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.use('/reports', auth.requireRole('admin'));
    app.use(auth.problems);
    app.get('/reports', async () => ({ reached: true }));
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
    stray = strays();
  });
  after(async () => {
    stray.stop();
    await auth.close();
    await app.close();
  });
  afterEach(() => expect(stray.seen).to.deep.equal([]));

  it('answers as on Express', async () => {
    const me = await send(port, '/auth/me', { user: 'alice', groups: 'admins' });
    expect([me.status, me.json?.['subject'], me.headers['content-type']]).to.deep.equal([
      ...[200, 'alice', 'application/json; charset=utf-8'],
    ]);
    expect(me.headers['cache-control']).to.equal('no-store');
    const page = await send(port, '/auth/quick-connect', { user: 'alice' });
    expect([page.status, page.headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const nobody = await send(port, '/auth/me', {});
    expect([nobody.status, nobody.json?.['code']]).to.deep.equal([401, 'ERR_LOGIN_REQUIRED']);
    const wrong = await send(port, '/api/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      json: { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Pixel', code: 'AAAA-BBBB-CCCC' },
    });
    expect([wrong.status, wrong.json?.['error']]).to.deep.equal([400, 'invalid_grant']);
  });

  it('guards the host’s own routes', async () => {
    expect((await send(port, '/reports', { user: 'alice', groups: 'admins' })).json).to.deep.equal({ reached: true });
    expect((await send(port, '/reports', { user: 'bob', groups: 'users' })).status).to.equal(403);
  });

  it('streams a pairing while its code is redeemed', async () => {
    const opened = await send(port, '/auth/pairings', { method: 'POST', user: 'alice', headers: sameOrigin, json: {} });
    expect(opened.status, opened.text).to.equal(201);
    const { id, code } = opened.json as OpenPairing;
    const stream = await fetch(`http://127.0.0.1:${port}/auth/pairings/${id}/events`, {
      headers: { 'remote-user': 'alice' },
    });
    expect(stream.headers.get('content-type')).to.equal('text/event-stream; charset=utf-8');
    const redeemed = await send(port, '/api/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      json: { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Pixel', code },
    });
    expect(redeemed.status, redeemed.text).to.equal(200);
    expect(await stream.text()).to.contain('"status":"redeemed"');
  });
});
