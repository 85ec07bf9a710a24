// The address shown for a device's last use.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import type { Device } from '../../src/vocabulary/types.js';
import { until } from '../support/processes.js';
import { type Host, startHost } from './harness.js';

describe('the client address', () => {
  const noted: (string | undefined)[] = [];
  let host: Host;
  let token: string;
  before(async () => {
    const used = (_device: Device, address: () => string | undefined) => void noted.push(address());
    host = await startHost({
      store: null,
      before: (app) => app.set('trust proxy', true),
      services: { liveness: { check: () => {}, used, asserted: () => {}, endsAt: ({ expiresAt }) => expiresAt } },
    });
    await host.ask('/who', { user: 'alice' });
    ({ token } = await host.pair('alice'));
  });
  beforeEach(() => {
    noted.length = 0;
  });
  after(() => host.close());

  const from = async (forwarded: string) => {
    await host.ask('/api/who', { token, headers: { 'X-Forwarded-For': forwarded } });
    return noted.at(-1);
  };

  it('is Express’ req.ip, by the host’s own trust proxy', async () => {
    expect(await from('203.0.113.9, 10.0.0.7')).to.equal('203.0.113.9');
    expect(await from('2001:db8::1')).to.equal('2001:db8::1');
  });

  it('is the plain IPv4 address when the socket maps it', async () => {
    expect(await from('::ffff:203.0.113.9')).to.equal('203.0.113.9');
    expect(await from('::FFFF:203.0.113.9')).to.equal('203.0.113.9');
  });

  it('is left out when a client sent text that is not an address', async () => {
    for (const junk of ['unknown', '<script>', 'x'.repeat(1000), `fe80::1%${'x'.repeat(64)}`, '999.1.1.1']) {
      expect(await from(junk), junk).to.equal(undefined);
    }
    expect(noted).to.have.length(5);
  });

  it('is the socket’s when Express has not handled the request', async () => {
    await host.upgrade('/api/who', { token, headers: { 'X-Forwarded-For': '203.0.113.9' } });
    expect(noted).to.deep.equal(['127.0.0.1']);
  });
});

describe('the client address of a request that has to wait', () => {
  let host: Host;
  afterEach(() => host.close());

  it('is read first, so that a client cannot hide it by closing the connection', async () => {
    const noted: (string | undefined)[] = [];
    let connection: Socket | undefined;
    host = await startHost({
      store: null,
      services: {
        liveness: {
          async check() {
            connection?.destroy();
            if (connection !== undefined) await once(connection, 'close');
          },
          used: (_device: Device, address: () => string | undefined) => void noted.push(address()),
          asserted: () => {},
          endsAt: ({ expiresAt }) => expiresAt,
        },
      },
    });
    host.server.on('connection', (socket) => {
      connection = socket;
    });
    await host.ask('/who', { user: 'alice' });
    const { token } = await host.pair('alice');
    await host.ask('/api/who', { token }).then(
      () => expect.fail('the connection was closed'),
      () => {},
    );
    await until('the use is recorded', () => noted.length > 0);
    expect(noted).to.deep.equal(['127.0.0.1']);
  });
});
