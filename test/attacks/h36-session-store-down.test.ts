// H36: express-session leaves `req.session` undefined without its store, and naive apps then let everybody in.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H36: an unavailable session store', (startHost) => {
  let host: Host;
  const store = new MemoryStore();
  afterEach(() => host.close());

  for (const session of ['every-request', 'login-only'] as const) {
    it(`makes guarded paths answer 503 with session: '${session}'`, async () => {
      host = await startHost({ store, services: { session } });
      await host.ask('/auth/login', { user: 'alice' });
      const { token } = await host.pair('alice');
      const local = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
      expect(local.authMethod).to.equal('local');
      store.emit('disconnect');
      try {
        for (const path of ['/who', '/guarded', '/auth/me', '/auth/login']) {
          for (const ask of [{ user: 'alice' }, {}]) {
            const answer = await host.ask(path, ask);
            expect(answer.status, path).to.equal(503);
            expect(answer.headers['retry-after']).to.equal('2');
            expect(answer.json).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
          }
        }
        expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
        expect(
          host.events.some((event) => event.type === 'error' && event.code === 'ERR_SESSION_UNAVAILABLE'),
        ).to.equal(true);
      } finally {
        store.emit('connect');
      }
      expect((await host.ask('/auth/login', { user: 'alice' })).status).to.equal(303);
    });
  }

  it('is reported with both possible causes', async () => {
    host = await startHost({ store: null, services: { session: 'every-request' } });
    const warned: Error[] = [];
    const hear = (warning: Error) => void warned.push(warning);
    process.on('warning', hear);
    const answer = await host.ask('/who', { user: 'alice' });
    process.off('warning', hear);
    expect(answer.status).to.equal(503);
    expect(answer.json).to.include({ detail: 'The session store is not available' });
    expect(warned.map(({ message }) => message).join())
      .to.match(/store is down/)
      .and.match(/not mounted before authenticate/);
  });

  it('has no effect without sessions', async () => {
    host = await startHost({ store, services: { session: 'none' } });
    store.emit('disconnect');
    try {
      expect((await host.ask('/guarded', { user: 'alice' })).status).to.equal(200);
    } finally {
      store.emit('connect');
    }
  });

  it('includes sessions that cannot be regenerated, which is reported to the host', async () => {
    host = await startHost({
      store: null,
      services: { session: 'every-request' },
      before: (app) =>
        app.use((req, _res, next) => {
          Object.assign(req, { session: {} });
          next();
        }),
    });
    const answer = await host.ask('/who', { user: 'alice' });
    expect(answer.json).to.include({ code: 'ERR_CONFIG', status: 500 });
  });
});
