// The host chooses the role of administrators. It applies to the routes and to the check for the last administrator.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { type Ask, send } from './client.js';

describe('administration.role', () => {
  it('is the role that administration requires and that the last administrator cannot lose', async () => {
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState(),
      session: 'none',
      groupRoles: { admins: ['admin'], bosses: ['superuser'] },
      administration: { role: 'superuser' },
    });
    const app = express().use(auth.authenticate).use('/auth', auth.router);
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const boss: Ask = { user: 'boss', groups: 'bosses' };
      const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', 'If-Match': '"1"' };
      const admin = await send(port, '/auth/admin/users', { user: 'ann', groups: 'admins' });
      expect(admin.json).to.include({ code: 'ERR_ROLE_REQUIRED' });
      expect((await send(port, '/auth/admin/users', boss)).status).to.equal(200);

      const change = async (subject: string) => {
        const { id } = await auth.users.find(subject);
        const json = { disabled: true };
        return send(port, `/auth/admin/users/${id}`, { method: 'PATCH', ...boss, headers, json });
      };
      expect((await change('boss')).json).to.include({ code: 'ERR_LAST_ADMINISTRATOR' });
      expect((await change('ann')).status).to.equal(200);

      const explained = await send(port, '/auth/admin/explain', {
        method: 'POST',
        ...boss,
        headers,
        json: { headers: [['Remote-User', 'ann']] },
      });
      expect(explained.json).to.include({ outcome: 'refused', code: 'ERR_ACCOUNT_DISABLED' });
    } finally {
      server.closeAllConnections();
      server.close();
      await auth.close();
    }
  });
});
