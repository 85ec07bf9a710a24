// H42: a client causes events that alert the operator.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H42: an `error` event', (startHost) => {
  let host: Host;
  afterEach(() => host.close());

  const errors = () => host.events.filter(({ type }) => type === 'error');

  for (const session of ['every-request', 'login-only'] as const) {
    it(`does not result from a target without a path (${session})`, async () => {
      host = await startHost({ services: { session } });
      for (const seen of [false, true]) {
        if (seen) await host.ask('/who', { user: 'alice' });
        for (const method of ['OPTIONS', 'GET', 'POST', 'HEAD']) {
          for (const ask of [{}, { user: 'alice' }]) {
            const answer = await host.ask('*', { method, ...ask });
            expect(answer.status, method).to.equal(400);
          }
        }
      }
      expect(errors()).to.deep.equal([]);
    });

    it(`does not result from a request outside of the cookie’s path (${session})`, async () => {
      const store = new MemoryStore();
      host = await startHost({ store, services: { session }, sessionCookie: { path: '/auth' } });
      await host.ask('/auth/me', { user: 'alice' });
      for (const path of ['/guarded', '/', '/who/../guarded', '/au', 'http://example.com/guarded']) {
        const answer = await host.ask(path);
        expect(answer.status, path).to.be.oneOf([400, 401, 404]);
      }
      expect((await host.ask('/guarded')).json).to.include({ code: 'ERR_LOGIN_REQUIRED', status: 401 });
      expect(errors()).to.deep.equal([]);
      // Inside the cookie's path, an unavailable store is still an error.
      store.emit('disconnect');
      expect((await host.ask('/auth/me')).status).to.equal(503);
      expect(errors()).to.have.length(1);
      store.emit('connect');
    });
  }

  it('does not result from a header login outside of the cookie’s path', async () => {
    host = await startHost({ sessionCookie: { path: '/auth' } });
    await host.ask('/auth/me', { user: 'alice' });
    expect((await host.ask('/who', { user: 'alice' })).json).to.include({ subject: 'alice', method: 'header' });
    expect((await host.upgrade('/who', { user: 'alice' }))['subject']).to.equal('alice');
    expect(errors()).to.deep.equal([]);
  });

  it('does not result from a logout outside of the cookie’s path', async () => {
    host = await startHost({ sessionCookie: { path: '/who' } });
    await host.ask('/who', { user: 'alice' });
    expect((await host.write('POST', '/auth/logout')).status).to.equal(200);
    expect(errors()).to.deep.equal([]);
  });

  it('does not result from a missing session before the first session, which only causes a warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    try {
      host = await startHost({ sessionCookie: { path: '/elsewhere' } });
      for (let round = 0; round < 3; round += 1) expect((await host.ask('/guarded')).status).to.equal(503);
    } finally {
      process.off('warning', listen);
    }
    expect(errors()).to.deep.equal([]);
    expect(warnings.map((warning) => Reflect.get(warning, 'code'))).to.deep.equal(['LATCHKEY_SESSION']);
  });
});
