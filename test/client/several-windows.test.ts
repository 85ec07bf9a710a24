// Renewing the token in several windows, which share one storage. The storage can be empty, locked or full.
import { expect } from 'chai';
import type { ClientStorage } from '../../src/client/index.js';
import { clientCode, clientError, memoryStorage, type TestApp, testApp, tokenAnswer } from '../support/client-rig.js';
import { useRenewals } from './renewal-rig.js';

describe('client: renewing in several windows', () => {
  const rig = useRenewals();
  let app: TestApp;

  it('uses a token that another window has renewed, long before the old one counts as stolen', async () => {
    app = await rig.connected();
    await app.connection.call('/api/library');
    const other = testApp({}, app.stored, app.clock);
    rig.renewBy(tokenAnswer('t.2'));
    await other.connection.renew();
    app.clock.now += 60_000;
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['Bearer t.1', 't.1', 'Bearer t.2']);
    expect(app.states).to.deep.equal(['connected']);
  });

  it('keeps its own token if the storage is empty, fails or holds another window’s attempt', async () => {
    let reads = 0;
    let get: () => Promise<string | undefined> = async () => undefined;
    const stored = new Map<string, string>();
    const storage = { ...memoryStorage(stored), get: (key: string) => (reads++ === 0 ? stored.get(key) : get()) };
    app = await rig.connected({ storage: storage as ClientStorage });
    for (const answer of [
      async () => undefined,
      () => Promise.reject(new Error('locked')),
      async () => '{"version":1,"state":"redeeming","issuer":"https://x.example","redemptionId":"r","startedAt":0}',
    ]) {
      get = answer;
      app.clock.now += 60_000;
      await app.connection.call('/api/library');
    }
    expect(rig.sent()).to.deep.equal(Array(3).fill('Bearer t.1'));
    expect(app.connection.state).to.equal('connected');
    expect(reads).to.equal(4);
  });

  it('reads an empty storage again, because a locked keychain has the token later', async () => {
    app = await rig.connected();
    const { stored } = app;
    let locked = true;
    const storage = { ...memoryStorage(stored), get: async (key: string) => (locked ? null : stored.get(key)) };
    const restarted = testApp({ storage: storage as ClientStorage }, stored, app.clock);
    expect(await restarted.connection.restore()).to.equal('disconnected');
    expect(await clientCode(restarted.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
    locked = false;
    expect(await restarted.connection.restore()).to.equal('connected');
    expect((await restarted.connection.call('/api/library')).status).to.equal(200);
    // The same during a renewal.
    locked = true;
    rig.renewBy(tokenAnswer('t.2'));
    await restarted.connection.renew();
    await restarted.connection.call('/api/library');
    expect(rig.sent().at(-1)).to.equal('Bearer t.2');
    expect(restarted.states).to.deep.equal(['connected']);
  });

  it('does not restore a token that the storage could not delete', async () => {
    const stored = new Map<string, string>();
    const storage = { ...memoryStorage(stored), delete: () => Promise.reject(new Error('locked')) };
    app = await rig.connected({ storage });
    app = testApp({ storage }, stored);
    await app.connection.restore();
    expect(await clientCode(app.connection.clear())).to.equal('ERR_STORAGE');
    expect(await app.connection.restore()).to.equal('disconnected');
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
  });

  it('keeps the old token until the new one is stored', async () => {
    const stored = new Map<string, string>();
    const storage = memoryStorage(stored);
    let full = false;
    const set = async (key: string, value: string) => {
      if (full) throw new Error(`no room for ${value}`);
      stored.set(key, value);
    };
    app = await rig.connected({ storage: { ...storage, set } });
    rig.renewBy(tokenAnswer('t.2'));
    full = true;
    expect((await clientError(app.connection.renew())).code).to.equal('ERR_STORAGE');
    await app.connection.call('/api/library');
    expect(rig.sent().at(-1)).to.equal('Bearer t.1');
    full = false;
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(rig.sent().slice(-2)).to.deep.equal(['t.1', 'Bearer t.2']);
  });

  it('uses the token that another window has renewed instead of an old one', async () => {
    app = await rig.connected();
    const other = testApp({}, app.stored, app.clock);
    await other.connection.restore();
    rig.renewBy(tokenAnswer('t.2'));
    await other.connection.renew();
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['t.1', 'Bearer t.2']);
  });

  it('uses the token that another window renewed while the server refused the old one', async () => {
    app = await rig.connected();
    const other = testApp({}, app.stored, app.clock);
    rig.renewBy(async () => {
      rig.renewBy(tokenAnswer('t.2'));
      await other.connection.renew();
      return [400, { error: 'invalid_grant' }];
    });
    await app.connection.renew();
    await app.connection.call('/api/library');
    expect(rig.sent()).to.deep.equal(['t.1', 't.1', 'Bearer t.2']);
    expect(app.states).to.deep.equal(['connected']);
  });
});
