// test/e2e: a small product as a whole: SQLite, state in memory, and no server beside it. It is restarted in between.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { type Latchkey, memoryState, migrate, principalOf, sqliteDirectory } from '../../src/index.js';
import { listening, plainLatchkey, quickConnectGrant } from '../frameworks/rig.js';
import { send } from '../http/client.js';
import { answerCheck } from '../support/openapi/answer-check.js';
import { usualParts } from '../support/openapi/usual-parts.js';
import { type SqliteFiles, sqliteFiles } from '../support/sqlite.js';

interface Product {
  readonly port: number;
  readonly auth: Latchkey;
  stop(): Promise<void>;
}

describe('a product on SQLite and nothing else', () => {
  let files: SqliteFiles;
  let path: string;
  let product: Product;
  before(async () => {
    files = await sqliteFiles();
    path = files.path();
    product = await start();
  });
  after(async () => {
    await product?.stop();
    await files.remove();
  });

  async function start(): Promise<Product> {
    const database = files.open(path);
    database.exec('PRAGMA journal_mode = WAL');
    await migrate(database);
    const { auth } = plainLatchkey({ directory: sqliteDirectory(database), state: memoryState() });
    const app = express();
    app.use(answerCheck(usualParts));
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.get('/reports', auth.requireRole('analyst'), (req, res) => {
      res.json({ subject: principalOf(req)?.subject });
    });
    app.get('/api/library', auth.requireLogin(), (req, res) => {
      res.json({ subject: principalOf(req)?.subject, roles: [...(principalOf(req)?.roles ?? [])] });
    });
    app.use(auth.problems);
    const server: Server = createServer(app);
    const port = await listening(server);
    return {
      port,
      auth,
      async stop() {
        server.closeAllConnections();
        server.close();
        await auth.close();
        database.close();
      },
    };
  }

  const ownSite = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };
  const alice = { user: 'alice', groups: 'admins' };
  const bob = { user: 'bob', groups: 'desk-eu' };
  const reports = async (): Promise<number> => (await send(product.port, '/reports', bob)).status;
  const library = (token: string) => send(product.port, '/api/library', { token });

  it('logs in by header, follows an administrator at once, pairs an app, and knows all of it after a restart', async () => {
    expect(await reports()).to.equal(403);
    const mapped = await send(product.port, '/auth/admin/group-roles?group=desk-*', {
      ...alice,
      method: 'PUT',
      headers: { ...ownSite, 'If-None-Match': '*' },
      json: { roles: ['analyst'] },
    });
    expect(mapped.status, mapped.text).to.be.oneOf([200, 201]);
    expect(await reports()).to.equal(200);

    const opened = await send(product.port, '/auth/pairings', { ...bob, method: 'POST', headers: ownSite, json: {} });
    expect(opened.status, opened.text).to.equal(201);
    const redeemed = await send(product.port, '/api/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      json: {
        grant_type: quickConnectGrant,
        client_id: 'app',
        device_name: 'Pixel',
        code: opened.json?.['code'],
      },
    });
    expect(redeemed.status, redeemed.text).to.equal(200);
    const token = String(redeemed.json?.['access_token']);
    expect((await library(token)).json).to.deep.equal({ subject: 'bob', roles: ['analyst'] });

    await product.stop();
    product = await start();
    expect((await library(token)).json).to.deep.equal({ subject: 'bob', roles: ['analyst'] });
    await product.auth.users.disable('bob', { by: { subject: 'alice' } });
    expect(await reports()).to.equal(403);
    expect((await library(token)).status).to.equal(403);
    await product.auth.users.enable('bob');
    await product.auth.devices.revokeAll('bob');
    expect((await library(token)).status).to.equal(401);
    const trail = await product.auth.audit.list({ limit: 10 });
    expect(trail.map(({ action }) => action)).to.deep.equal([
      'device.revoked',
      'user.changed',
      'user.changed',
      'device.paired',
      'mapping.set',
    ]);
  });
});
