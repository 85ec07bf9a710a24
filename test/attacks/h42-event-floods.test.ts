// H42: a client floods the operator with alerts. An event for one failure is limited to one a minute.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { memoryDirectory } from '../../src/index.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { listening, plainLatchkey } from '../frameworks/rig.js';
import { send } from '../http/client.js';

describe('H42: floods of error events', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function flood(app: express.Express, status: number): Promise<void> {
    server = createServer(app);
    const port = await listening(server);
    const users = Array.from({ length: 100 }, (_, index) => `stranger-${index}`);
    const answers = await Promise.all(users.map((user) => send(port, '/', { user })));
    expect(new Set(answers.map((answer) => answer.status))).to.deep.equal(new Set([status]));
  }

  it('do not result from an unavailable directory', async () => {
    const away = () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE'));
    const { auth, events } = plainLatchkey({ directory: { ...memoryDirectory(), mapping: away, provision: away } });
    await flood(express().use(auth.authenticate, auth.problems), 503);
    expect(events.filter(({ type }) => type === 'error')).to.have.length(1);
    await auth.close();
  });

  it('do not result from a route on a wrong mount path', async () => {
    const { auth, events } = plainLatchkey();
    await flood(express().use(auth.requireLogin(), auth.problems), 500);
    expect(events.filter(({ type }) => type === 'error')).to.have.length(1);
    await auth.close();
  });
});
