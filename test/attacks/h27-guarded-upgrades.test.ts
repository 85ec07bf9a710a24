// H27: other software's `upgrade` listeners behind `guardUpgrades`: none of them sees a refused request.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { strays } from '../frameworks/rig.js';
import { type GuardedServer, startGuarded } from '../http/guarded-server.js';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';
import { until } from '../support/processes.js';

inEveryMode('H27: a guarded server shows no listener a refused handshake', (startHost, shared) => {
  let host: Host;
  let guarded: GuardedServer;
  let release: () => void;
  let held: Promise<void> | undefined;
  let waiting = 0;
  let stray: ReturnType<typeof strays>;
  beforeEach(async () => {
    stray = strays();
    held = undefined;
    waiting = 0;
    host = await startHost({ store: null, services: { origins: ['https://friend.example'] } });
    await host.ask('/who', { user: 'alice' });
    // Holds requests while they are authenticated.
    const session = async (_req: unknown, _res: unknown, next: () => void) => {
      waiting += 1;
      await held;
      next();
    };
    guarded = await startGuarded(host.auth, { session }, shared);
  });
  afterEach(async () => {
    guarded.close();
    await host.close();
    stray.stop();
    expect(stray.seen).to.deep.equal([]);
  });
  const hold = () => {
    held = new Promise((resolve) => {
      release = resolve;
    });
  };
  const raw = (text: string): Socket => {
    const socket = connect(guarded.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(text);
    return socket;
  };
  const handshake = (headers: string, path = '/socket') =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: test\r\n${headers}\r\n`;

  it('whatever it says about its user', async () => {
    const { token } = await host.pair('alice');
    const refused: [string, object, number, string][] = [
      ['/socket', {}, 401, 'ERR_LOGIN_REQUIRED'],
      // On a shared path, a token counts. With a token that is not valid, nothing else does.
      shared
        ? ['/socket', { user: 'alice', token: `${token}x` }, 401, 'ERR_TOKEN_INVALID']
        : ['/socket', { token }, 401, 'ERR_LOGIN_REQUIRED'],
      ['/api/socket', { user: 'alice' }, 403, 'ERR_UNGUARDED_IDENTITY'],
      ['//socket', { user: 'alice' }, 400, 'ERR_TARGET_NOT_CANONICAL'],
      ['/api/socket', { token: `${token}x` }, 401, 'ERR_TOKEN_INVALID'],
      ['/socket', { user: 'alice', headers: { Origin: 'https://evil.example' } }, 403, 'ERR_CROSS_ORIGIN'],
      ['/socket', { user: 'alice', headers: { Origin: 'null' } }, 403, 'ERR_CROSS_ORIGIN'],
      ['/socket', { user: 'alice', headers: { 'Sec-Fetch-Site': 'same-site' } }, 403, 'ERR_CROSS_ORIGIN'],
      ['/socket', { user: 'alice', headers: { 'Remote-User': ['alice', 'bob'] } }, 400, 'ERR_HEADER_DUPLICATE'],
    ];
    for (const [path, ask, status, code] of refused) {
      const answer = await guarded.shake(path, ask);
      expect(answer.json, code).to.include({ status, code });
    }
    expect(guarded.seen).to.deep.equal([]);
    const friend = { user: 'alice', headers: { Origin: 'https://friend.example' } };
    expect((await guarded.shake('/socket', friend)).status).to.equal(101);
  });

  it('however the listener was added, and whatever other events the server has', async () => {
    const late: string[] = [];
    guarded.server.prependListener('upgrade', () => void late.push('prepended'));
    guarded.server.once('upgrade', () => void late.push('once'));
    guarded.server.addListener('upgrade', () => void late.push('added'));
    for (let round = 0; round < 3; round++) expect((await guarded.shake('/socket')).status).to.equal(401);
    expect(late).to.deep.equal([]);
    await guarded.shake('/socket', { user: 'alice' });
    expect(late).to.deep.equal(['prepended', 'once', 'added']);
  });

  it('keeps what the client sends meanwhile, in order', async () => {
    hold();
    const socket = raw(`${handshake('Remote-User: alice\r\n')}head,`);
    let echoed = '';
    socket.on('data', (data) => {
      echoed += data;
    });
    const big = 'x'.repeat(300_000);
    socket.write('more,');
    socket.write(big);
    await until('the request waits', () => guarded.server.listenerCount('upgrade') > 0 && guarded.seen.length === 0);
    release();
    await until('all of it', () => echoed.endsWith('x') && echoed.length > 300_000);
    expect(echoed.split('\r\n\r\n')[1]).to.equal(`head,more,${big}`);
    socket.destroy();
  });

  it('shows no listener a client that has gone, and survives a reset', async () => {
    hold();
    const accepted: Socket[] = [];
    guarded.server.on('connection', (socket) => void accepted.push(socket));
    // A token, because a header would be refused: the address of a closed connection is unknown.
    const { token } = await host.pair('alice');
    const text = handshake(`Authorization: Bearer ${token}\r\n`, '/api/socket');
    const sockets = Array.from({ length: 20 }, () => raw(text));
    await until('all requests wait', () => waiting === 20);
    for (const socket of sockets) socket.resetAndDestroy();
    // Node.js might notice a reset only when it reads from the connection or writes to it.
    for (const socket of accepted) socket.destroy(new Error('read ECONNRESET'));
    release();
    held = undefined;
    expect((await guarded.shake('/socket', { user: 'alice' })).status).to.equal(101);
    expect(guarded.seen).to.have.length(1);
  });

  it('closes a refused connection also while an earlier request on it is being answered', async () => {
    guarded.server.on('request', () => {});
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on('warning', note);
    const socket = raw(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${handshake('')}`);
    await once(socket.resume(), 'close');
    process.off('warning', note);
    expect(guarded.seen).to.deep.equal([]);
    expect(warnings).to.deep.equal([]);
  });

  it('survives a listener that throws', async () => {
    guarded.server.prependListener('upgrade', (req) => {
      if (req.url === '/throws') throw new Error('a listener of the host');
    });
    const socket = raw(handshake('Remote-User: alice\r\n', '/throws'));
    await once(socket.resume(), 'close');
    expect((await guarded.shake('/socket', { user: 'alice' })).status).to.equal(101);
  });

  it('decides 200 handshakes at once, each for itself', async () => {
    const { token, id } = await host.pair('alice');
    const { token: lost, id: lostId } = await host.pair('alice');
    await host.administration.devices.revoke('alice', lostId);
    hold();
    const asked = Array.from({ length: 200 }, (_, index) => {
      if (index % 4 === 0) return guarded.shake('/socket', { user: `user-${index}` });
      if (index % 4 === 1) return guarded.shake('/api/socket', { token });
      return guarded.shake('/api/socket', index % 4 === 2 ? { token: lost } : {});
    });
    release();
    const answers = await Promise.all(asked);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).to.deep.equal(Array.from({ length: 200 }, (_, index) => (index % 4 < 2 ? 101 : 401)));
    const principals = guarded.seen.map((req) => host.auth.principalOf(req));
    expect(principals).to.have.length(100);
    expect(new Set(principals.map((who) => who?.subject)).size, '50 users and alice').to.equal(51);
    // A revocation ends exactly those of the device.
    const ended = answers.filter(({ socket }, index) => {
      socket.resume();
      return index % 4 === 1;
    });
    await host.administration.devices.revoke('alice', id);
    await until('the device is disconnected', () => ended.every(({ socket }) => socket.destroyed));
    const kept = answers.filter(({ status, socket }) => status === 101 && !socket.destroyed);
    expect(kept).to.have.length(50);
  });

  it('ends a connection whose user is disabled while the handshake is under way', async () => {
    hold();
    const asked = guarded.shake('/socket', { user: 'alice' });
    await host.administration.users.disable('alice');
    release();
    expect((await asked).json).to.include({ code: 'ERR_ACCOUNT_DISABLED' });
    expect(guarded.seen).to.deep.equal([]);
  });
});
