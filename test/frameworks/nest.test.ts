// Latchkey in a NestJS application: an error that a controller or a guard throws is answered with its status.
import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import { type ErrorCode, type Latchkey, LatchkeyError } from '../../src/index.js';
import { send } from '../http/client.js';
import { plainLatchkey } from './rig.js';

/** Nest's decorators, called as functions: the checkout compiles without decorators. */
function controller(path: string, routes: Readonly<Record<string, () => unknown>>): new () => object {
  class Made {}
  for (const [name, handler] of Object.entries(routes)) {
    Object.defineProperty(Made.prototype, name, { value: handler, writable: true, configurable: true });
    const descriptor = Object.getOwnPropertyDescriptor(Made.prototype, name);
    if (descriptor !== undefined) Get(name)(Made.prototype, name, descriptor);
  }
  Controller(path)(Made);
  return Made;
}

function fails(code: ErrorCode, detail?: string): () => never {
  return () => {
    throw new LatchkeyError(code, detail === undefined ? {} : { detail });
  };
}

describe('a NestJS application', () => {
  let app: INestApplication;
  let auth: Latchkey;
  let port: number;
  before(async () => {
    ({ auth } = plainLatchkey());
    class Root {}
    const controllers = [
      controller('thrown', {
        login: fails('ERR_LOGIN_REQUIRED'),
        role: fails('ERR_ROLE_REQUIRED'),
        away: fails('ERR_DIRECTORY_UNAVAILABLE'),
        config: fails('ERR_CONFIG', 'the secret is hunter2'),
        user: () => auth.users.find('nobody'),
      }),
      controller('guarded', { reports: () => ({ reached: true }) }),
    ];
    Module({ controllers })(Root);
    app = await NestFactory.create(Root, { logger: false });
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.use('/guarded', auth.requireRole('admin'));
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  });
  after(async () => {
    await app.close();
    await auth.close();
  });

  it('answers an error of a controller with the status of the error', async () => {
    const statuses = { login: 401, role: 403, away: 503, user: 404 };
    for (const [name, status] of Object.entries(statuses)) {
      const answer = await send(port, `/thrown/${name}`, {});
      expect([answer.status, answer.json?.['statusCode']], name).to.deep.equal([status, status]);
    }
  });

  it('does not send the details of a configuration error', async () => {
    const answer = await send(port, '/thrown/config', {});
    expect(answer.status).to.equal(500);
    expect(answer.text).to.not.contain('hunter2');
  });

  it('is guarded by Latchkey’s middleware', async () => {
    expect((await send(port, '/guarded/reports', { user: 'alice', groups: 'admins' })).status).to.equal(200);
    expect((await send(port, '/guarded/reports', { user: 'bob' })).status).to.equal(403);
    expect((await send(port, '/guarded/reports', {})).status).to.equal(401);
    expect((await send(port, '/auth/me', { user: 'alice' })).json).to.include({ subject: 'alice' });
  });
});
