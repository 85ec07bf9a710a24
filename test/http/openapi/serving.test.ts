// How the OpenAPI documents are served.
import { expect } from 'chai';
import { send } from '../client.js';
import { allParts, type OpenapiServer, playerSecret, startOpenapiServer } from './documents.js';

describe('openapi.json', () => {
  let server: OpenapiServer;

  before(async () => {
    server = await startOpenapiServer(allParts);
  });
  after(() => server.stop());

  for (const [mount, policy] of [
    ['/auth', 'no-cache'],
    ['/api/auth', 'public, max-age=300'],
  ] as const) {
    it(`has its media type and a version below ${mount}, and is not sent again to clients that have it`, async () => {
      const answer = await server.ask(`${mount}/openapi.json`);
      expect(answer.headers.get('content-type')).to.equal('application/openapi+json; version=3.1');
      expect(answer.headers.get('cache-control')).to.equal(policy);
      const etag = answer.headers.get('etag') ?? '';
      expect(etag).not.to.equal('');
      // Not with `fetch`, which adds `Cache-Control: no-cache` to a request with `If-None-Match`.
      const port = Number(new URL(server.origin).port);
      const again = await send(port, `${mount}/openapi.json`, { headers: { 'If-None-Match': etag } });
      expect([again.status, again.text]).to.deep.equal([304, '']);
    });

    it(`names the server by the address of the document below ${mount}`, async () => {
      const document = await server.document(mount);
      expect([document.openapi, document.servers]).to.deep.equal(['3.1.0', [{ url: '.' }]]);
    });

    it(`accepts no other method below ${mount}`, async () => {
      const answer = await server.ask(`${mount}/openapi.json`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      });
      expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
    });
  }

  it('needs no login', async () => {
    const answer = await fetch(`${server.origin}/auth/openapi.json`);
    expect(answer.status).to.equal(200);
    expect((await fetch(`${server.origin}/auth/me`)).status).to.equal(401);
  });

  it('contains no secret and no address of this server', async () => {
    const texts = [await server.document('/auth'), await server.document('/api/auth')].map((each) =>
      JSON.stringify(each),
    );
    for (const secret of ['k'.repeat(32), playerSecret, 'music.example.com', 'admins', 'loopback']) {
      expect(texts.filter((text) => text.includes(secret))).to.deep.equal([]);
    }
  });

  it('does not exist unless the host asks for it', async () => {
    for (const openapi of [undefined, false]) {
      const other = await startOpenapiServer({ ...allParts, openapi });
      try {
        for (const mount of ['/auth', '/api/auth']) {
          expect((await other.ask(`${mount}/openapi.json`)).status, mount).to.equal(404);
        }
      } finally {
        await other.stop();
      }
    }
  });

  it('refuses a value of the option that is neither true nor false', async () => {
    const refused = await startOpenapiServer({ openapi: 'yes' as never }).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(refused).to.contain('openapi');
  });
});
