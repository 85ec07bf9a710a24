// Routes refuse unknown parameters, so that a misspelled one is never ignored.
import { expect } from 'chai';
import { type Answer, type Host, startHost } from './harness.js';

const id = '00000000-0000-4000-8000-000000000000';

/** Every route for browsers, with its methods and the parameters that each accepts. */
const routes: readonly [method: string, path: string, body?: Record<string, unknown>][] = [
  ['GET', 'login?return_to=/'],
  ['POST', 'logout', {}],
  ['GET', 'me'],
  ['POST', 'pairings', {}],
  ['GET', `pairings/${id}`],
  ['DELETE', `pairings/${id}`, {}],
  ['GET', `pairings/${id}/events`],
  ['GET', `pairings/${id}/qr.svg`],
  ['POST', `pairings/${id}/approve`, { match_number: '12' }],
  ['POST', `pairings/${id}/deny`, {}],
  ['POST', 'device/verification', { action: 'lookup', user_code: 'WDJB-MJHT' }],
  ['GET', 'devices'],
  ['DELETE', `devices?except=${id}`, {}],
  ['PATCH', `devices/${id}`, { name: 'Phone' }],
  ['DELETE', `devices/${id}`, {}],
  ['GET', 'assets/none.css'],
  ['GET', 'admin/users'],
  ['POST', 'admin/users', { subject: 'x', auth_method: 'proxy' }],
  ['GET', `admin/users/${id}`],
  ['PATCH', `admin/users/${id}`, { disabled: true }],
  ['DELETE', `admin/users/${id}`, {}],
  ['GET', 'admin/group-roles'],
  ['PUT', 'admin/group-roles?group=x', { roles: ['x'] }],
  ['DELETE', 'admin/group-roles?group=x', {}],
  ['PUT', 'admin/group-roles/x', { roles: ['x'] }],
  ['DELETE', 'admin/group-roles/x', {}],
  ['GET', 'admin/devices'],
  ['DELETE', `admin/devices/${id}`, {}],
  ['GET', 'admin/audit'],
  ['POST', 'admin/explain', { subject: 'ada' }],
];

describe('unknown parameters', () => {
  let host: Host;
  before(async () => {
    const pages = {
      names: ['quick-connect'] as const,
      languages: ['en'],
      page: () => ({ language: 'en', html: '<p>', csp: '' }),
      refusal: () => ({ language: 'en', html: '', csp: '' }),
      asset: () => undefined,
    };
    const verificationUri = 'https://music.example.com/auth/activate';
    host = await startHost({ store: null, services: { verificationUri, pages } });
    await host.ask('/who', { user: 'ada', groups: 'admins' });
  });
  after(() => host.close());

  const ask = (method: string, path: string, json?: unknown): Promise<Answer> => {
    const headers = { 'If-Match': '"1"' };
    const person = { user: 'ada', groups: 'admins', headers };
    return json === undefined
      ? host.ask(`/auth/${path}`, { ...person, method })
      : host.write(method, `/auth/${path}`, { ...person, json });
  };

  for (const [method, path, body] of routes) {
    it(`are refused by ${method} ${path}, in the query`, async () => {
      for (const more of ['unknown', 'unknown=1', 'exept=1', '%E0%A4%A=1', '__proto__=1']) {
        const answer = await ask(method, `${path}${path.includes('?') ? '&' : '?'}${more}`, body);
        expect(answer.json, more).to.include({ code: 'ERR_QUERY', status: 400 });
      }
    });

    if (body !== undefined) {
      it(`are refused by ${method} ${path}, in the body`, async () => {
        const answer = await ask(method, path, { ...body, unknown: null });
        expect(answer.json).to.include({ code: 'ERR_BODY_INVALID', status: 400 });
        expect(answer.text).not.to.include('unknown');
      });
    }
  }

  it('revoke nothing: a misspelled except never revokes the device to keep', async () => {
    const { id: kept } = await host.pair('ada');
    expect((await ask('DELETE', `devices?exept=${kept}`, {})).status).to.equal(400);
    expect((await ask('DELETE', 'devices', { except: kept })).status).to.equal(400);
    expect((await host.directory.findDevice(kept))?.device).not.to.have.property('revokedAt');
  });

  it('are ignored by pages, which users reach by links and through logins', async () => {
    expect((await ask('GET', 'quick-connect?utm_source=mail')).status).to.equal(200);
  });
});
