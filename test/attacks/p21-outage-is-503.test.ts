// P21: an unavailable Redis or database looks like "not logged in", and apps drop their tokens.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { introspectionClients } from '../../src/tokens/introspection-clients.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { type Answer, type Host, startHost } from '../http/harness.js';

/** A port whose verbs reject while `down` is true. */
function failing<Port extends object>(port: Port, error: () => LatchkeyError, down: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== 'function' || name === 'subscribe' || name === 'close') return verb;
      return (...parameters: unknown[]) =>
        down() ? Promise.reject(error()) : Promise.resolve(Reflect.apply(verb, target, parameters));
    },
  });
}

/** Another server that introspects tokens. */
const asker = { clientId: 'reports', secret: 's'.repeat(32) };

describe('P21: an outage is 503 with Retry-After, never 401', () => {
  const down = { directory: false, state: false };
  let host: Host;
  beforeEach(async () => {
    const directory: Directory = failing(
      memoryDirectory(),
      () => new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE'),
      () => down.directory,
    );
    const state: SharedState = failing(
      memoryState(),
      () => new LatchkeyError('ERR_STATE_UNAVAILABLE'),
      () => down.state,
    );
    const introspection = introspectionClients([asker]);
    host = await startHost({ directory, state, services: { session: 'login-only', introspection } });
  });
  afterEach(async () => {
    down.directory = false;
    down.state = false;
    await host.close();
  });

  function isOutage(answer: Answer): void {
    expect(answer.status, answer.text).to.equal(503);
    expect(answer.headers['retry-after']).to.equal('2');
    expect(answer.headers['www-authenticate']).to.equal(undefined);
  }

  it('of the directory: for tokens, sessions and logins that are not cached', async () => {
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    const { token } = await host.pair('alice');
    await host.administration.invalidate('alice');
    down.directory = true;
    isOutage(await host.ask('/guarded', { cookie }));
    isOutage(await host.ask('/api/guarded', { token }));
    isOutage(await host.ask('/auth/login', { user: 'bob' }));
    isOutage(await host.write('POST', '/api/auth/revoke', { json: { token } }));
    const question = { token, client_id: asker.clientId, client_secret: asker.secret };
    isOutage(await host.write('POST', '/api/auth/introspect', { json: question }));
    down.directory = false;
    expect((await host.write('POST', '/api/auth/introspect', { json: question })).json).to.include({ active: true });
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    expect((await host.ask('/guarded', { cookie })).status).to.equal(200);
  });

  it('of the shared state: for pairings, as problem details and as OAuth errors', async () => {
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    const { token } = await host.pair('alice');
    down.state = true;
    isOutage(await host.write('POST', '/auth/pairings', { cookie }));
    const json = {
      grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
      client_id: 'app',
      device_name: 'Pixel',
      code: '0000-0000-0000',
    };
    const answer = await host.write('POST', '/api/auth/token', { json });
    isOutage(answer);
    expect(answer.json).to.include({ error: 'temporarily_unavailable' });
    expect((await host.ask('/api/guarded', { token })).status, 'the directory answers').to.equal(200);
    expect((await host.ask('/guarded', { cookie })).status).to.equal(200);
  });
});
