// P22: a client fills the memory with bodies, names or event streams.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { type Host, startHost } from '../http/harness.js';
import { openStream } from '../http/stream.js';
import { until } from '../support/processes.js';

describe('P22: limits of memory that clients can use', () => {
  let host: Host;
  beforeEach(async () => {
    host = await startHost({ store: null });
  });
  afterEach(() => host.close());

  it('limit the size of bodies', async () => {
    const body = JSON.stringify({ token: 'x'.repeat(9000) });
    const browser = await host.write('POST', '/auth/logout', { user: 'alice', body });
    expect(browser.json).to.include({ code: 'ERR_BODY_TOO_LARGE', status: 413 });
    const app = await host.write('POST', '/api/auth/revoke', { body });
    expect(app.status).to.equal(413);
    expect(app.json).to.include({ error: 'invalid_request' });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = Array.from({ length: 21 }, (_, index) => `m${index}=x`).join('&');
    expect((await host.write('POST', '/api/auth/revoke', { headers, body: form })).status).to.equal(413);
  });

  it('limit the size of bodies after decompression', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const body = { headers: { ...headers, 'Content-Type': type }, body: 'x' };
      expect((await host.write('POST', '/api/auth/revoke', body)).status, type).to.equal(415);
    }
  });

  it('limit the length of device names', async () => {
    await host.ask('/who', { user: 'alice' });
    const { id } = await host.pair('alice');
    const rename = async (name: unknown) =>
      (await host.write('PATCH', `/auth/devices/${id}`, { user: 'alice', json: { name } })).status;
    expect(await rename('🎵'.repeat(64))).to.equal(200);
    expect(await rename('🎵'.repeat(65))).to.equal(400);
    expect(await rename('   ')).to.equal(400);
  });

  it('limit the event streams of one user, and allow new ones when old ones end', async () => {
    const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const path = `/auth/pairings/${json?.['id']}/events`;
    const streams = await Promise.all(Array.from({ length: 6 }, () => openStream(host.port, path, 'alice')));
    expect(streams.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200, 200, 200]);
    const refused = await host.ask(path, { user: 'alice' });
    expect(refused.json).to.include({ code: 'ERR_STREAM_LIMIT', status: 429 });
    expect(refused.headers['retry-after']).to.equal('5');
    const theirs = (await host.write('POST', '/auth/pairings', { user: 'bob' })).json;
    const other = await openStream(host.port, `/auth/pairings/${theirs?.['id']}/events`, 'bob');
    expect(other.status).to.equal(200);
    other.leave();
    streams[0]?.leave();
    let again = await openStream(host.port, path, 'alice');
    while (again.status === 429) again = await openStream(host.port, path, 'alice');
    expect(again.status).to.equal(200);
    // A failure before the stream begins must not count as an open stream.
    again.leave();
    for (const stream of streams) stream.leave();
    for (let round = 0; round < 8; round += 1) await host.ask('/auth/pairings/none/events', { user: 'alice' });
    let after = await openStream(host.port, path, 'alice');
    while (after.status === 429) after = await openStream(host.port, path, 'alice');
    expect(after.status).to.equal(200);
    after.leave();
  });

  it('do not count event streams of a browser that left before they began', async () => {
    await host.close();
    const paths: string[] = [];
    let left = 0;
    host = await startHost({
      store: null,
      // The host's own middleware may take longer than a browser waits.
      before: (app) =>
        app.use((req, res, next) => {
          if (req.headers['x-slow'] === undefined) return next();
          paths.push(req.url);
          res.once('close', () => {
            next();
            left += 1;
          });
        }),
    });
    const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const path = `/auth/pairings/${json?.['id']}/events`;
    // The first request makes the peer known, as for any browser that sends more than one request on a connection.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (where: string, headers: Record<string, string>) =>
      request({
        host: '127.0.0.1',
        port: host.port,
        path: where,
        agent,
        headers: { 'Remote-User': 'alice', ...headers },
      })
        .on('error', () => {})
        .end();
    for (let round = 1; round <= 6; round += 1) {
      const [before] = (await once(ask('/who', {}), 'response')) as [IncomingMessage];
      await once(before.resume(), 'end');
      const sent = ask(path, { 'X-Slow': 'yes' });
      await until('it waits', () => paths.length === round);
      sent.destroy();
      await until('it has gone on', () => left === round);
    }
    agent.destroy();
    const stream = await openStream(host.port, path, 'alice');
    expect(stream.status).to.equal(200);
    stream.leave();
  });
});
