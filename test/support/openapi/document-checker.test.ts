// The check that the test servers run finds every kind of difference between an answer and the documents.
import { expect } from 'chai';
import { routerOpenapi, tokenRouterOpenapi } from '../../../src/http/openapi/document.js';
import { documentChecker } from './document-checker.js';
import type { Exchange } from './exchange.js';
import { usualParts } from './usual-parts.js';

const browser = documentChecker(routerOpenapi({ ...usualParts, session: 'every-request' }));
const apps = documentChecker(tokenRouterOpenapi(usualParts));
const noStore = { 'cache-control': 'no-store' };
const jsonType = { ...noStore, 'content-type': 'application/json; charset=utf-8' };
const ada = { subject: 'ada', roles: [], method: 'header' };

function exchange(changes: Partial<Exchange> & { readonly json?: unknown }): Exchange {
  const { json = ada, ...rest } = changes;
  return {
    method: 'GET',
    path: '/me',
    query: [],
    requestType: undefined,
    body: undefined,
    status: 200,
    headers: jsonType,
    answer: JSON.stringify(json),
    ...rest,
  };
}

const problem = {
  type: 'urn:latchkey:error:ERR_LOGIN_REQUIRED',
  title: 'Not logged in',
  status: 401,
  detail: 'Not logged in',
  code: 'ERR_LOGIN_REQUIRED',
};
const refused = {
  status: 401,
  headers: { ...noStore, 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer' },
  json: problem,
};
const pairing = { id: 'p', expires_in: 5, status: 'open', interval: 2 };
const events = { ...noStore, 'content-type': 'text/event-stream; charset=utf-8' };
const renewal = { grant_type: 'refresh_token', refresh_token: 't', client_id: 'app' };
const token = {
  access_token: 't',
  refresh_token: 't',
  token_type: 'Bearer',
  expires_in: 5,
  device_id: '11111111-1111-4111-8111-111111111111',
  account: { subject: 'ada' },
};
const renewed = {
  method: 'POST',
  path: '/token',
  requestType: 'application/x-www-form-urlencoded',
  body: renewal,
  json: token,
};

const accepted: Readonly<Record<string, Parameters<typeof exchange>[0]>> = {
  'a right answer': {},
  'a HEAD request': { method: 'HEAD', answer: '' },
  'a documented refusal': refused,
  'a refusal before the route is found': { path: '/unknown', ...refused },
  'a path of the host below the mount path': { path: '/unknown' },
  'another method': { method: 'PUT', status: 405, headers: { ...noStore, allow: 'GET, HEAD' }, answer: '' },
  'a stream': { path: '/pairings/p/events', headers: events, answer: `data: ${JSON.stringify(pairing)}\n\n` },
};

const differences: Readonly<Record<string, [Parameters<typeof exchange>[0], string]>> = {
  'an unknown path': [
    { path: '/you', headers: { ...jsonType, 'cross-origin-resource-policy': 'same-origin' } },
    'path',
  ],
  'an unknown method': [{ method: 'PUT' }, 'method'],
  'a wrong list of methods': [{ method: 'PUT', status: 405, headers: { ...noStore, allow: 'GET' } }, 'Allow'],
  'an unknown status': [{ status: 202 }, 'status'],
  'an unknown media type': [{ headers: { ...noStore, 'content-type': 'text/csv' } }, 'media type'],
  'a missing header': [{ headers: { 'content-type': 'application/json' } }, 'cache-control'],
  'a wrong header': [{ headers: { ...jsonType, 'cache-control': 'public' } }, 'cache-control'],
  'an unknown header': [{ headers: { ...jsonType, location: '/elsewhere' } }, 'location'],
  'an unknown member': [{ json: { ...ada, color: 'red' } }, 'additional'],
  'a missing member': [{ json: { roles: [], method: 'header' } }, 'subject'],
  'a wrong member': [{ json: { ...ada, method: 'magic' } }, 'method'],
  'an unknown code': [{ ...refused, json: { ...problem, code: 'ERR_TOKEN_FORBIDDEN' } }, 'code'],
  'a wrong status in the body': [{ ...refused, json: { ...problem, status: 400 } }, 'status'],
  'an unknown parameter': [{ query: [['color', 'red']] }, 'parameter'],
  'a wrong parameter': [{ path: '/admin/users', query: [['disabled', 'perhaps']] }, 'parameter disabled'],
  'a wrong event': [{ path: '/pairings/p/events', headers: events, answer: 'data: {"id":1}\n\n' }, 'item'],
  'a body of a request that has none': [{ body: { color: 'red' } }, 'body of the request'],
};

describe('the comparison with the OpenAPI documents', () => {
  for (const [name, changes] of Object.entries(accepted)) {
    it(`accepts ${name}`, () => {
      expect(browser(exchange(changes))).to.deep.equal([]);
    });
  }

  for (const [name, [changes, found]] of Object.entries(differences)) {
    it(`finds ${name}`, () => {
      const faults = browser(exchange(changes)).join('\n');
      expect(faults).to.contain(found);
    });
  }

  it('compares the bodies of accepted requests', () => {
    expect(apps(exchange(renewed))).to.deep.equal([]);
    // Routes for apps ignore unknown members, and members with the value null.
    expect(apps(exchange({ ...renewed, body: { ...renewal, color: 'red', scope: null } }))).to.deep.equal([]);
    expect(apps(exchange({ ...renewed, body: { grant_type: 'refresh_token' } })).join()).to.contain('of the request');
    expect(apps(exchange({ ...renewed, requestType: 'text/plain' })).join()).to.contain('media type text/plain');
  });

  it('compares OAuth errors', () => {
    const error = { error: 'invalid_grant', error_description: 'No' };
    expect(apps(exchange({ ...renewed, status: 400, json: error }))).to.deep.equal([]);
    const unknown = { ...error, error: 'no_such_error' };
    expect(apps(exchange({ ...renewed, status: 400, json: unknown })).join()).to.contain('the body');
  });
});
