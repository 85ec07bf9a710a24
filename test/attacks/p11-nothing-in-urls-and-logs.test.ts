// P11: codes, secrets or tokens appear in URLs, logs, events, errors or the Referer header.
import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Answer, type Host, startHost } from '../http/harness.js';

const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';
const app = { grant_type: grantType, client_id: 'app', device_name: 'Pixel' };
const json = { 'Content-Type': 'application/json' };

describe('P11: codes, secrets and tokens', () => {
  let host: Host;
  const printed: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  before(async () => {
    host = await startHost({ store: null });
  });
  after(() => host.close());

  it('stay in bodies during a pairing and all its failures', async () => {
    const secrets: string[] = [];
    const answers: Answer[] = [];
    for (const { stream, write } of streams) {
      stream.write = ((chunk: unknown, ...rest: never[]) => {
        printed.push(String(chunk));
        return write.call(stream, chunk as string, ...rest);
      }) as typeof stream.write;
    }
    try {
      const opened = await host.write('POST', '/auth/pairings', { user: 'alice' });
      const code = String(opened.json?.['code']);
      const uri = String(opened.json?.['uri']);
      const carried = new URLSearchParams(new URL(uri).hash.slice(1));
      secrets.push(code, code.replaceAll('-', ''), carried.get('s') ?? '');
      answers.push(opened);
      expect(new URL(uri).search).to.equal('');

      for (const path of ['token', 'revoke']) {
        const query = new URLSearchParams({ ...app, code, token: code });
        answers.push(await host.ask(`/api/auth/${path}?${query}`));
        answers.push(await host.write('POST', `/api/auth/${path}?${query}`));
      }
      answers.push(await host.ask('/api/auth/token', { method: 'POST', headers: json, body: `{"code":"${code}"` }));
      answers.push(
        await host.write('POST', '/api/auth/token', { json: { ...app, code, id: 'x', secret: carried.get('s') } }),
      );
      answers.push(await host.write('POST', '/api/auth/token', { json: { ...app, code, client_id: 'ä b' } }));

      const redeemed = await host.write('POST', '/api/auth/token', { json: { ...app, code } });
      const token = String(redeemed.json?.['access_token']);
      secrets.push(token, token.split('.')[2] ?? '');
      expect(redeemed.status).to.equal(200);
      answers.push(await host.ask('/api/who', { token }));
      answers.push(await host.ask('/api/who', { token: `${token}x` }));
      answers.push(await host.ask(`/api/guarded?access_token=${token}`));
      answers.push(await host.write('POST', '/api/auth/token', { json: { ...app, code } }));
      answers.push(await host.ask('/api/who', { token }));
      answers.push(await host.write('POST', '/api/auth/revoke', { body: `{"token":"${token}` }));
    } finally {
      for (const { stream, write } of streams) stream.write = write;
    }

    expect(answers.map(({ status }) => status)).to.include.members([201, 200, 400, 401, 405]);
    expect(secrets.filter((secret) => secret.length < 8)).to.deep.equal([]);
    const told = [inspect(host.events, { depth: 9 }), inspect(host.hostErrors, { depth: 9 }), printed.join('\n')];
    for (const secret of secrets) {
      for (const text of told) expect(text).to.not.contain(secret);
      for (const { headers, text, status } of answers) {
        expect(JSON.stringify(headers)).to.not.contain(secret);
        if (status >= 400) expect(text).to.not.contain(secret);
        expect(headers['referrer-policy'] ?? 'no-referrer').to.equal('no-referrer');
      }
    }
  });

  it('are ignored in the query', async () => {
    const { token } = await host.pair('alice');
    expect((await host.ask(`/api/guarded?access_token=${token}`)).status).to.equal(401);
  });
});
