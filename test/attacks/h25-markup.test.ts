// H25: requests contain markup, line breaks or prototypes. No response repeats them.
import { expect } from 'chai';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

const marker = 'zzmarkerzz';
const payloads = [
  `<script>${marker}</script>`,
  `"><img src=x onerror=${marker}>`,
  `${marker}\r\nSet-Cookie: a=b`,
  `{{${marker}}}`,
  `__proto__${marker}`,
];

inEveryMode('H25: problem documents', (startHost) => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null });
  });
  after(() => host.close());

  it('repeat no paths, queries, bodies, headers or tokens', async () => {
    for (const payload of payloads) {
      const inUrl = encodeURIComponent(payload);
      const inHeader = payload.replaceAll(/[\r\n]/g, ' ');
      const answers = [
        await host.ask(`/auth/pairings/${inUrl}`, { user: 'alice' }),
        await host.ask(`/auth/login?return_to=${inUrl}`, { user: 'alice' }),
        await host.ask('/auth/pairings/none', { user: inHeader }),
        await host.ask('/admins', { user: 'alice', groups: inHeader, token: inHeader }),
        await host.ask('/api/guarded', { token: inHeader }),
        await host.write('DELETE', `/auth/devices/${inUrl}`, { user: 'alice' }),
        await host.write('DELETE', `/auth/devices?except=${inUrl}`, { user: 'alice' }),
        await host.write('PATCH', `/auth/devices/${crypto.randomUUID()}`, { user: 'alice', json: { name: payload } }),
        await host.write('POST', '/auth/pairings', { user: 'alice', body: `{"${payload}` }),
        await host.write('POST', '/auth/pairings', { user: 'alice', headers: { 'Content-Type': `text/${marker}` } }),
        await host.write('POST', '/auth/logout', {
          user: 'alice',
          headers: { Origin: inHeader, 'Sec-Fetch-Site': marker },
        }),
        await host.write('POST', '/api/auth/token', {
          json: { grant_type: payload, code: payload, [payload]: payload },
        }),
        await host.write('POST', '/api/auth/token', { body: `{"grant_type":"${marker}` }),
        await host.write('POST', '/api/auth/revoke', { json: { token: payload } }),
      ];
      for (const { text, headers } of answers) {
        expect(text + JSON.stringify(headers), payload).to.not.contain(marker);
        expect(headers['content-type'] ?? 'none').to.match(/json|none/);
        expect(headers['set-cookie']).to.equal(undefined);
      }
    }
  });

  it('treat names that every object inherits as missing in a body', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = `{"${name}":{"grant_type":"x","code":"y","token":"z"}}`;
      for (const path of ['token', 'revoke']) {
        const answer = await host.write('POST', `/api/auth/${path}`, { body });
        expect(answer.json).to.include({ error: 'invalid_request' });
      }
    }
    expect(({} as Record<string, unknown>)['grant_type']).to.equal(undefined);
  });
});
