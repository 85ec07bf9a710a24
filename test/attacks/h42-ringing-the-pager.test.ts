// H42: a stranger rings the pager: what any client can cause is reported as the operator's error.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H42: what a client can cause is no error of the operator', (startHost) => {
  let host: Host;
  afterEach(() => host.close());

  const errors = () => host.events.filter(({ type }) => type === 'error');

  for (const session of ['every-request', 'login-only'] as const) {
    it(`refuses a target without a path (${session})`, async () => {
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

    it(`knows nobody by session outside of the cookie’s path (${session})`, async () => {
      const store = new MemoryStore();
      host = await startHost({ store, services: { session }, sessionCookie: { path: '/auth' } });
      await host.ask('/auth/me', { user: 'alice' });
      for (const path of ['/guarded', '/', '/who/../guarded', '/au', 'http://example.com/guarded']) {
        const answer = await host.ask(path);
        expect(answer.status, path).to.be.oneOf([400, 401, 404]);
      }
      expect((await host.ask('/guarded')).json).to.include({ code: 'ERR_LOGIN_REQUIRED', status: 401 });
      expect(errors()).to.deep.equal([]);
      // Inside, a store that is down is an error all the same.
      store.emit('disconnect');
      expect((await host.ask('/auth/me')).status).to.equal(503);
      expect(errors()).to.have.length(1);
      store.emit('connect');
    });
  }

  it('lets the header log in outside of the cookie’s path', async () => {
    host = await startHost({ sessionCookie: { path: '/auth' } });
    await host.ask('/auth/me', { user: 'alice' });
    expect((await host.ask('/who', { user: 'alice' })).json).to.include({ subject: 'alice', method: 'header' });
    expect((await host.upgrade('/who', { user: 'alice' }))['subject']).to.equal('alice');
    expect(errors()).to.deep.equal([]);
  });

  it('takes a log-out outside of the cookie’s path for one of nobody', async () => {
    host = await startHost({ sessionCookie: { path: '/who' } });
    await host.ask('/who', { user: 'alice' });
    expect((await host.write('POST', '/auth/logout')).status).to.equal(200);
    expect(errors()).to.deep.equal([]);
  });

  it('does not say before it saw a session whose fault it is that there is none', async () => {
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
