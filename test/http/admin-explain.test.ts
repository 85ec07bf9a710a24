// The explanation of a request, for administrators.
import { expect } from 'chai';
import { rowOf } from '../support/people.js';
import { type Administered, startAdministered } from './administrator.js';
import { send } from './client.js';

type Json = Record<string, unknown>;
type Fields = readonly (readonly [string, string])[];

const named = (answer: { readonly json: Json | undefined }, step: string) =>
  ((answer.json?.['steps'] ?? []) as Json[]).find((candidate) => candidate['step'] === step);
const names = (answer: { readonly json: Json | undefined }) =>
  ((answer.json?.['steps'] ?? []) as Json[]).map(({ step }) => step);

describe('admin/explain', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const explain = (json: unknown) => host.change('POST', 'explain', json);
  const all = ['peer', 'target', 'proxy_secret', 'headers', 'assertion', 'account', 'mappings', 'roles', 'admission'];

  it('shows every step of a request that would be accepted', async () => {
    await host.administration.mappings.set('staff', ['viewer']);
    await host.person('alice', 'staff');
    const row = await host.administration.users.addRoles('alice', ['editor']);
    const headers: Fields = [
      ['Remote-User', 'alice'],
      ['Remote-Groups', 'staff,other'],
      ['Remote-Name', 'Älice'],
      ['Accept', '*/*'],
    ];
    const answer = await explain({ headers, peer: '127.0.0.1', target: '/reports?x=1' });
    const user = (await host.look(`users/${row.id}`)).json;
    expect(answer.json).to.deep.equal({
      outcome: 'admitted',
      code: null,
      steps: [
        { step: 'peer', address: '127.0.0.1', trusted: true },
        { step: 'target', target: '/reports?x=1', canonical: true, unguarded: false, shared: false },
        { step: 'proxy_secret', required: false, held: false, assumed: false },
        {
          step: 'headers',
          headers: [
            { name: 'Remote-User', kind: 'user', value: 'alice', code: null },
            { name: 'Remote-Groups', kind: 'groups', value: 'staff,other', code: null },
            { name: 'Remote-Name', kind: 'name', value: 'Älice', code: null },
          ],
        },
        {
          step: 'assertion',
          subject: 'alice',
          display_name: 'Älice',
          email: null,
          groups: ['other', 'staff'],
          left_out: [],
        },
        { step: 'account', user, provisioning: 'update' },
        {
          step: 'mappings',
          mappings: [{ group: 'staff', source: 'directory', matched: ['staff'], roles: ['viewer'] }],
        },
        { step: 'roles', managed: ['viewer'], granted: ['editor'], roles: ['editor', 'viewer'] },
        { step: 'admission', header: null, session: null, token: null },
      ],
    });
  });

  it('uses this request’s own peer and the root target by default', async () => {
    const answer = await explain({ headers: [['Remote-User', 'new']] });
    expect(named(answer, 'peer')).to.deep.equal({ step: 'peer', address: '127.0.0.1', trusted: true });
    expect(named(answer, 'target')).to.include({ target: '/', canonical: true });
    expect(names(answer)).to.deep.equal(all);
    expect(named(answer, 'account')).to.deep.equal({ step: 'account', user: null, provisioning: 'create' });
    expect(await host.directory.findUser('new')).to.equal(undefined);
  });

  it('stops where a request would, but still shows all headers', async () => {
    const cases: readonly (readonly [Json, string])[] = [
      [{ headers: [['Remote-User', 'a']], peer: '192.0.2.1' }, 'ERR_PEER_UNTRUSTED'],
      [{ headers: [['Remote-User', 'a']], target: '//x' }, 'ERR_TARGET_NOT_CANONICAL'],
      [{ headers: [['Remote-User', 'a']], target: '/api/x' }, 'ERR_UNGUARDED_IDENTITY'],
      [{ headers: [['remote_user', 'a']] }, 'ERR_HEADER_ALIAS'],
      [{ headers: [['Remote-User', '(null)']] }, 'ERR_HEADER_PLACEHOLDER'],
      [
        {
          headers: [
            ['Remote-User', 'a'],
            ['Connection', 'Remote-User'],
          ],
        },
        'ERR_HEADER_CONNECTION',
      ],
    ];
    for (const [question, code] of cases) {
      const answer = await explain(question);
      expect(answer.json, code).to.include({ outcome: 'refused', code });
      expect(names(answer), code).to.deep.equal(all.slice(0, 4));
      expect((named(answer, 'headers')?.['headers'] as Json[] | undefined)?.length, code).to.equal(1);
    }
  });

  it('distinguishes no user from a refusal', async () => {
    await host.administration.users.create({ subject: 'local', authMethod: 'local', grantedRoles: ['admin'] });
    const nobody = await explain({ headers: [['Accept', '*/*']] });
    expect(nobody.json).to.include({ outcome: 'nobody', code: null });
    expect(names(nobody)).to.deep.equal(all.slice(0, 4));
    const local = await explain({ headers: [['Remote-User', 'local']] });
    expect(local.json).to.include({ outcome: 'nobody', code: 'ERR_ACCOUNT_LOCAL' });
    expect(named(local, 'admission')).to.deep.equal({
      step: 'admission',
      header: 'ERR_ACCOUNT_LOCAL',
      session: null,
      token: null,
    });
    expect(named(local, 'account')).to.include({ provisioning: 'unchanged' });
  });

  it('explains a user by the groups in their row', async () => {
    await host.administration.mappings.set('staff', ['viewer']);
    await host.person('alice', 'staff');
    await host.administration.users.disable('alice');
    const answer = await explain({ subject: 'alice' });
    expect(answer.json).to.include({ outcome: 'refused', code: 'ERR_ACCOUNT_DISABLED' });
    expect(names(answer)).to.deep.equal(['account', 'mappings', 'roles', 'admission']);
    expect(named(answer, 'account')).to.include({ provisioning: 'none' });
    expect(named(answer, 'roles')).to.deep.include({ managed: ['viewer'] });
    await host.administration.users.create({ subject: 'local', authMethod: 'local' });
    expect((await explain({ subject: 'local' })).json).to.include({ outcome: 'admitted', code: null });
    const unknown = await explain({ subject: 'nobody' });
    expect(unknown.json).to.include({ outcome: 'refused', code: 'ERR_ACCOUNT_UNKNOWN' });
    expect(names(unknown)).to.deep.equal(['account', 'mappings', 'admission']);
  });

  it('changes nothing, raises no event, and adds no audit entry', async () => {
    await host.person('alice', 'staff');
    const [events, before] = [host.events.length, await host.directory.listUsers({ limit: 9 })];
    for (const user of ['alice', 'new', '(null)']) {
      await explain({
        headers: [
          ['Remote-User', user],
          ['Remote-Groups', 'admins'],
        ],
      });
    }
    await explain({ headers: [['Remote-User', 'alice']], peer: '192.0.2.1' });
    await explain({ subject: 'alice' });
    const made = await rowOf(host.directory, 'root');
    expect(await host.directory.listUsers({ limit: 9 })).to.deep.equal([...before, made]);
    expect(host.events.slice(events).map(({ type }) => type)).to.deep.equal(['user.created']);
    expect(await host.trail()).to.deep.equal([]);
  });

  it('refuses invalid questions', async () => {
    const headers = [['Remote-User', 'a']];
    for (const json of [
      {},
      { headers, subject: 'a' },
      { subject: 'a', peer: '127.0.0.1' },
      { peer: '127.0.0.1' },
      { header: headers },
      { headers: { 'Remote-User': 'a' } },
      { headers: ['Remote-User', 'a'] },
      { headers: [['Remote-User']] },
      { headers: [['Remote-User', 'a', 'b']] },
      { headers: [['Remote-User', 1]] },
      { headers: [['Remote User', 'a']] },
      { headers: [['Remote-User:', 'a']] },
      { headers: [['', 'a']] },
      { headers, peer: 'proxy' },
      { headers, peer: '10.0.0.0/8' },
      { headers, peer: '010.0.0.1' },
      { headers, target: '' },
      { headers, target: 5 },
      [headers],
    ]) {
      expect((await explain(json)).json, JSON.stringify(json)).to.include({ code: 'ERR_BODY_INVALID', status: 400 });
    }
    const query = await host.change('POST', 'explain?x=1', { headers });
    expect(query.json).to.include({ code: 'ERR_QUERY' });
  });

  it('accepts as many headers as a request can have, and no more', async () => {
    const large = Array.from({ length: 200 }, (_, index) => [`X-${index}`, 'x'.repeat(200)]);
    expect((await explain({ headers: [...large, ['Remote-User', 'a']] })).json).to.include({ outcome: 'admitted' });
    const many = Array.from({ length: 900 }, (_, index) => [`X-${index}`, '']);
    expect((await explain({ headers: many })).json).to.include({ code: 'ERR_HEADER_COUNT' });
    const huge = await explain({ headers: [['Remote-User', 'x'.repeat(70_000)]] });
    expect(huge.json).to.include({ code: 'ERR_BODY_TOO_LARGE', status: 413 });
    const elsewhere = await host.change('POST', 'users', { subject: 'x'.repeat(9000), auth_method: 'local' });
    expect(elsewhere.json).to.include({ code: 'ERR_BODY_TOO_LARGE' });
  });

  it('agrees with the response to a real request over HTTP', async () => {
    const host = await startAdministered({ services: { localAccounts: 'ignore' } });
    try {
      await host.administration.users.create({ subject: 'local', authMethod: 'local' });
      await host.person('gone', 'staff');
      await host.administration.users.disable('gone');
      for (const subject of ['alice', 'local', 'gone', '(null)', '']) {
        const asked = await host.change('POST', 'explain', { headers: [['Remote-User', subject]] });
        const answer = await send(host.port, '/guarded', { user: subject });
        const expected = answer.status === 200 ? 'admitted' : answer.status === 401 ? 'nobody' : 'refused';
        expect(asked.json, subject).to.include({ outcome: expected });
        if (expected === 'refused') expect(asked.json?.['code']).to.equal(answer.json?.['code']);
      }
    } finally {
      await host.close();
    }
  });
});
