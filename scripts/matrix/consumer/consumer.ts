// What a consumer of the package runs: header login, a role, a pairing, and a token call over HTTP.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { LatchkeyError, type LatchkeyEvent, latchkey, memoryDirectory, memoryState, principalOf } from 'latchkey';
import { type ClientStorage, connection, parseLink } from 'latchkey/client';

async function run(): Promise<void> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const events: LatchkeyEvent['type'][] = [];
  const auth = latchkey({
    trustedProxies: ['loopback'],
    headers: 'authelia',
    session: 'none',
    directory: memoryDirectory(),
    state: memoryState(),
    groupRoles: { staff: ['reader'] },
    unguardedPaths: ['/api'],
    tokens: { keys: [{ kid: '1', secret: 's'.repeat(32) }], issuer: `${origin}/api/auth` },
    quickConnect: { appLink: 'https://music.example.com/link' },
    onEvent: (event) => void events.push(event.type),
  });
  const app = express();
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get('/reports', auth.requireRole('reader'), (req, res) => {
    res.json({ subject: principalOf(req)?.subject });
  });
  app.get('/api/library', auth.requireLogin(), (req, res) => {
    res.json({ owner: principalOf(req)?.subject, method: principalOf(req)?.method });
  });
  app.use(auth.problems);
  server.on('request', app);

  const ada = { 'remote-user': 'ada', 'remote-groups': 'staff' };
  const bob = { 'remote-user': 'bob' };
  const reports = await fetch(`${origin}/reports`, { headers: ada });
  assert.deepEqual(await reports.json(), { subject: 'ada' });
  assert.equal((await fetch(`${origin}/reports`, { headers: bob })).status, 403);
  assert.equal((await fetch(`${origin}/reports`)).status, 401);

  const page = await fetch(`${origin}/auth/quick-connect`, { headers: ada });
  assert.match(await page.text(), /<html/);
  const opened = await fetch(`${origin}/auth/pairings`, {
    method: 'POST',
    headers: { ...ada, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: '{}',
  });
  assert.equal(opened.status, 201);
  const { uri } = (await opened.json()) as { uri: string };

  const kept = new Map<string, string>();
  const storage: ClientStorage = {
    get: async (key) => kept.get(key) ?? null,
    set: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
  };
  const phone = connection({ clientId: 'app', deviceName: 'Pixel', storage });
  const account = await phone.redeem(parseLink(uri));
  assert.equal(account.subject, 'ada');
  const library = await phone.call('/api/library');
  assert.deepEqual(await library.json(), { owner: 'ada', method: 'token' });
  await phone.disconnect();
  assert.equal((await fetch(`${origin}/api/library`)).status, 401);

  await assert.rejects(auth.users.find('nobody'), (error: unknown) => error instanceof LatchkeyError);
  assert.ok(events.includes('device.paired') && events.includes('device.revoked'));
  server.closeAllConnections();
  server.close();
  await auth.close();
}

run().then(
  () => console.log('passed'),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
