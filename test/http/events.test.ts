// The event stream of a pairing.

import { expect } from 'chai';
import type { Response } from 'express';
import type { PairingView } from '../../src/pairing/view.js';
import type { PairingListener } from '../../src/pairing/watching.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Owner } from '../../src/vocabulary/types.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { type Host, startHost } from './harness.js';
import { openStream } from './stream.js';

const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';

describe('pairings/:id/events', () => {
  let host: Host;
  beforeEach(async () => {
    host = await startHost({ store: null, services: { heartbeatSeconds: 0.02 } });
  });
  afterEach(() => host.close());

  const open = async (user = 'alice') => (await host.write('POST', '/auth/pairings', { user })).json as OpenPairing;
  const stream = (id: string, user = 'alice', headers = {}) =>
    openStream(host.port, `/auth/pairings/${id}/events`, user, headers);

  it('survives middleware of the host that ends the response', async () => {
    const ended: Response[] = [];
    const other = await startHost({
      store: null,
      services: { heartbeatSeconds: 0.02 },
      before: (app) =>
        app.use((req, res, next) => {
          if (req.path.endsWith('/events')) ended.push(res);
          next();
        }),
    });
    try {
      const { json } = await other.write('POST', '/auth/pairings', { user: 'alice' });
      const events = await openStream(other.port, `/auth/pairings/${json?.['id']}/events`, 'alice');
      await events.until(/"status":"open"/);
      const failed: unknown[] = [];
      ended[0]?.on('error', (error) => failed.push(error));
      ended[0]?.end();
      await events.ended;
      await other.write('DELETE', `/auth/pairings/${json?.['id']}`, { user: 'alice' });
      expect(failed).to.deep.equal([]);
    } finally {
      await other.close();
    }
  });

  it('sends the status, and ends with the pairing', async () => {
    const { id, code } = await open();
    const events = await stream(id);
    expect(events.status).to.equal(200);
    expect(events.headers['content-type']).to.equal('text/event-stream; charset=utf-8');
    expect(events.headers['cache-control']).to.equal('no-store, no-transform');
    expect(events.headers['x-accel-buffering']).to.equal('no');
    await events.until(/"status":"open"/);
    expect(events.text).to.match(/^retry: 2000\n\nid: open\nevent: status\ndata: \{"id":/);
    await host.write('POST', '/api/auth/token', {
      json: { grant_type: grantType, client_id: 'app', device_name: 'Pixel', code },
    });
    await events.ended;
    expect(events.statuses).to.deep.equal(['open', 'redeemed']);
    expect(events.text).to.contain('"name":"Pixel"');
  });

  it('sends heartbeats', async () => {
    const events = await stream((await open()).id);
    await events.until(/\n\n:\n\n:\n\n/);
    events.leave();
  });

  it('tells a browser that reconnects after the end to stop', async () => {
    const { id } = await open();
    await host.write('DELETE', `/auth/pairings/${id}`, { user: 'alice' });
    const events = await stream(id);
    await events.ended;
    expect(events.statuses).to.deep.equal(['cancelled']);
    expect((await stream(id, 'alice', { 'Last-Event-ID': 'cancelled' })).status).to.equal(204);
    expect((await stream((await open()).id, 'alice', { 'Last-Event-ID': 'open' })).status).to.equal(200);
  });

  it('ends when its user is refused', async () => {
    const { id } = await open();
    const events = await stream(id);
    await events.until(/:\n\n$/);
    await host.administration.users.disable('alice');
    await events.ended;
    expect((await stream(id)).status).to.equal(403);
  });

  it('ends at once, not with the next heartbeat', async () => {
    const slow = await startHost({ store: null, services: { heartbeatSeconds: 3600 } });
    try {
      const { id } = (await slow.write('POST', '/auth/pairings', { user: 'alice' })).json as { id: string };
      const events = await openStream(slow.port, `/auth/pairings/${id}/events`, 'alice');
      await events.until(/open/);
      await slow.administration.users.disable('alice');
      await events.ended;
      expect(events.text).to.not.contain(':\n\n:');
    } finally {
      await slow.close();
    }
  });

  it('ends when its user was deleted, even if the user was re-created since', async () => {
    const events = await stream((await open()).id);
    await events.until(/:\n\n$/);
    await host.administration.users.delete('alice');
    await host.ask('/who', { user: 'alice' });
    await events.ended;
    expect(events.statuses).to.deep.equal(['open']);
  });

  it('ends when the state is lost, and can be opened again', async () => {
    let tell: (view: PairingView | undefined) => void = () => {};
    let unwatched = 0;
    const pairings = {
      ...host.pairings,
      async watch(_owner: Owner, _id: string, listener: PairingListener) {
        tell = listener;
        listener({ id: 'x', status: 'open', expiresIn: 300 });
        return async () => {
          unwatched += 1;
        };
      },
    };
    const other = await startHost({ store: null, services: { pairings } });
    try {
      const events = await openStream(other.port, '/auth/pairings/x/events', 'alice');
      await events.until(/open/);
      tell(undefined);
      await events.ended;
      expect(events.text).to.match(/^retry: 2000\n\n/);
      expect(unwatched).to.equal(1);
    } finally {
      await other.close();
    }
  });

  it('answers 503 when there is no state to watch', async () => {
    const watch = () => Promise.reject(new LatchkeyError('ERR_STATE_UNAVAILABLE'));
    const pairings = { ...host.pairings, watch };
    const other = await startHost({ store: null, services: { pairings } });
    try {
      const answer = await other.ask('/auth/pairings/x/events', { user: 'alice' });
      expect(answer.status).to.equal(503);
      expect(answer.headers['retry-after']).to.equal('2');
      expect(answer.headers['content-type']).to.equal('application/problem+json; charset=utf-8');
    } finally {
      await other.close();
    }
  });

  it('answers HEAD without opening a stream', async () => {
    const { id } = await open();
    const answer = await host.ask(`/auth/pairings/${id}/events`, { method: 'HEAD', user: 'alice' });
    expect(answer.status).to.equal(200);
  });
});
