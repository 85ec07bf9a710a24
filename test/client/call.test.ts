// Requests with the token, and the end of a connection.
import { expect } from 'chai';
import {
  type ClientServer,
  clientCode,
  clientError,
  startClientServer,
  type TestApp,
  testApp,
} from '../support/client-rig.js';

describe('client: calls', () => {
  let server: ClientServer;
  let app: TestApp;
  before(async () => {
    server = await startClientServer();
    server.app.post('/api/echo', (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => res.status(201).json({ headers: req.headers, body: Buffer.concat(chunks).toString() }));
    });
    server.app.get('/api/own-401', (_req, res) => void res.status(401).json({ code: 'WRONG_PIN' }));
    server.app.use(server.auth.problems);
  });
  beforeEach(async () => {
    server.wire.heal();
    app = testApp();
    await app.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
  });
  after(() => server.stop());

  it('sends the app’s request with its own Authorization header', async () => {
    const answer = await app.connection.call(`${server.origin}/api/echo?x=1`, {
      method: 'POST',
      headers: { 'X-Thing': 'a', AUTHORIZATION: 'Basic other' },
      body: 'hello',
    });
    expect(answer.status).to.equal(201);
    const { headers, body } = (await answer.json()) as { headers: Record<string, string>; body: string };
    expect(headers).to.include({ 'x-thing': 'a' });
    expect(headers['authorization']).to.match(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    expect(body).to.equal('hello');
  });

  it('returns refusals that do not concern the token', async () => {
    expect((await app.connection.call('/api/nothing')).status).to.equal(404);
    // Guarded paths do not accept tokens, so this 401 does not concern the token.
    expect((await app.connection.call('/guarded')).status).to.equal(401);
    const own = await app.connection.call('/api/own-401');
    expect(await own.json()).to.deep.equal({ code: 'WRONG_PIN' });
    expect(app.connection.state).to.equal('connected');
  });

  it('stops when the app aborts', async () => {
    const call = app.connection.call('/api/library', { signal: AbortSignal.abort() });
    expect(await clientCode(call)).to.equal('ERR_ABORTED');
    const stop = new AbortController();
    server.wire.stall();
    const hanging = app.connection.call('/api/library', { signal: stop.signal });
    setImmediate(() => stop.abort());
    expect(await clientCode(hanging)).to.equal('ERR_ABORTED');
  });

  it('ends the connection on both sides', async () => {
    const { deviceId } = app.connection;
    await app.connection.disconnect();
    expect(app.states).to.deep.equal(['connected', 'disconnected']);
    expect(app.stored.size).to.equal(0);
    expect((await server.devices()).map(({ id }) => id)).not.to.include(deviceId);
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
    expect(app.connection).to.include({ account: undefined, deviceId: undefined, issuer: undefined });
    await app.connection.disconnect();
  });

  it('keeps the token if revocation fails, unless the app forgets it', async () => {
    server.wire.cut();
    expect(await clientError(app.connection.disconnect())).to.include({ code: 'ERR_NETWORK', retryable: true });
    expect(app.connection.state).to.equal('connected');
    await app.connection.clear();
    expect(app.connection.state).to.equal('disconnected');
    expect(app.stored.size).to.equal(0);
  });

  it('survives a callback that throws', async () => {
    const careless = testApp({
      onChange() {
        throw new Error('careless');
      },
    });
    await careless.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
    expect(careless.connection.state).to.equal('connected');
  });

  it('reports a storage failure, and reads the storage again later', async () => {
    let broken = true;
    const restarted = testApp({
      storage: {
        async get(key) {
          if (broken) throw new Error('locked');
          return app.stored.get(key);
        },
        set: async () => undefined,
        delete: async () => undefined,
      },
    });
    expect(await clientError(restarted.connection.restore())).to.include({ code: 'ERR_STORAGE', retryable: true });
    broken = false;
    expect(await restarted.connection.restore()).to.equal('connected');
  });

  it('ignores stored values that it did not write', async () => {
    for (const text of ['', 'null', '{', '[]', '{"state":"connected"}', '{"version":2,"state":"connected"}', '7']) {
      expect(await testApp({}, new Map([['latchkey', text]])).connection.restore(), text).to.equal('disconnected');
    }
  });
});
