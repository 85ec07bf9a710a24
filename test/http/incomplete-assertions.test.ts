// Logins with left-out fields, and empty user headers.
import { expect } from 'chai';
import { incompleteAssertions } from '../../src/http/incomplete-assertions.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import { type Administered, startAdministered } from './administrator.js';
import { startHost } from './harness.js';

const onTheWire = (text: string): string => Buffer.from(text).toString('latin1');

describe('a login with an unacceptable value', () => {
  let host: Administered;
  let clock: number;
  beforeEach(async () => {
    clock = Date.parse('2026-11-30T12:00:00Z');
    host = await startAdministered({ services: { now: () => clock } });
    await host.administration.mappings.set('staff', ['viewer']);
    host.events.splice(0);
  });
  afterEach(() => host.close());

  const told = (): readonly LatchkeyEvent[] =>
    host.events.splice(0).filter(({ type }) => type.startsWith('assertion.') || type === 'error');
  const login = (headers: Record<string, string>, user = 'alice') => host.ask('/who', { user, headers });

  it('succeeds without it, and the row keeps its value', async () => {
    await login({ 'Remote-Name': 'Alice', 'Remote-Email': 'alice@example.com', 'Remote-Groups': 'staff' });
    for (const [name, email] of [
      ['Null', '-'],
      ['x'.repeat(300), '(null)'],
      [onTheWire('Ali\u202ece'), onTheWire('alice\u200b@example.com')],
      ['J\xf6rg', onTheWire('\u212a@example.com')],
    ] as const) {
      const answer = await login({ 'Remote-Name': name, 'Remote-Email': email, 'Remote-Groups': 'staff' });
      expect(answer.json, name).to.deep.equal({ subject: 'alice', method: 'header', roles: ['viewer'] });
      const { displayName, email: kept } = await host.administration.users.find('alice');
      expect([displayName, kept], name).to.deep.equal(['Alice', 'alice@example.com']);
    }
  });

  it('grants the roles of the acceptable groups, and no others', async () => {
    for (const [groups, kept, roles] of [
      ['null,staff,$admins', ['staff'], ['viewer']],
      [`staff,${onTheWire('admins\u200b')},${onTheWire('\ufeffadmins')}`, ['staff'], ['viewer']],
      ['staff,\xf6', ['staff'], ['viewer']],
      ['(null)', [], []],
      ['$admins,-', [], []],
    ] as const) {
      const answer = await login({ 'Remote-Groups': groups });
      expect(answer.json?.['roles'], groups).to.deep.equal(roles);
      expect((await host.administration.users.find('alice')).groups, groups).to.deep.equal(kept);
    }
  });

  it('raises one event with the fields and without their values', async () => {
    const odd = { 'Remote-Name': 'Null', 'Remote-Email': '-', 'Remote-Groups': 'null,$admins,staff,(null)' };
    await login(odd);
    expect(told()).to.deep.equal([
      { type: 'assertion.incomplete', subject: 'alice', fields: ['display-name', 'email', 'groups'] },
    ]);
  });

  it('raises it once an hour per user and set of fields, whatever the values', async () => {
    const odd = (value: string) => login({ 'Remote-Groups': `staff,${value}` });
    for (const value of ['null', 'null', '(null)', '$one', '$two']) await odd(value);
    expect(told()).to.have.length(1);
    clock += 3_599_999;
    await odd('null');
    expect(told()).to.deep.equal([]);
    clock += 1;
    await odd('null');
    await odd('null');
    expect(told()).to.deep.equal([{ type: 'assertion.incomplete', subject: 'alice', fields: ['groups'] }]);
    await login({ 'Remote-Name': 'null' });
    await login({ 'Remote-Groups': 'null' }, 'bob');
    expect(told().map((event) => [event.type, 'fields' in event && event.fields])).to.deep.equal([
      ['assertion.incomplete', ['display-name']],
      ['assertion.incomplete', ['groups']],
    ]);
    // The clock was an hour ahead, and was corrected.
    clock -= 3_600_000;
    await odd('null');
    expect(told()).to.have.length(1);
  });

  it('raises at most 1,000 an hour, however many users are affected', () => {
    const raised: string[] = [];
    const note = incompleteAssertions({
      onEvent: (event) => void raised.push('subject' in event && event.subject !== undefined ? event.subject : ''),
      now: () => clock,
    });
    const about = (subject: string) => note({ unguarded: false, assertion: { subject }, leftOut: ['email'] });
    for (let index = 0; index < 1500; index++) about(`user${index}`);
    expect([raised.length, raised.at(-1)]).to.deep.equal([1000, 'user999']);
    clock += 3_600_000;
    about('user1499');
    expect([raised.length, raised.at(-1)]).to.deep.equal([1001, 'user1499']);
  });

  it('raises none when nothing is left out, and none together with a refusal', async () => {
    await login({ 'Remote-Name': 'Alice', 'Remote-Groups': '' });
    expect(told()).to.deep.equal([]);
    await login({ 'Remote-Name': 'null' }, '(null)');
    expect(told()).to.deep.equal([{ type: 'assertion.refused', code: 'ERR_HEADER_PLACEHOLDER', peer: '127.0.0.1' }]);
  });

  it('is explained as it is decided', async () => {
    const headers = [
      ['Remote-User', 'alice'],
      ['Remote-Name', 'Null'],
      ['Remote-Email', 'alice@example.com'],
      ['Remote-Groups', 'staff,$admins'],
    ] as const;
    await login(Object.fromEntries(headers.slice(1)));
    const row = await host.administration.users.find('alice');
    const { json } = await host.change('POST', 'explain', { headers });
    expect(json).to.include({ outcome: 'admitted', code: null });
    const steps = json?.['steps'] as Record<string, unknown>[];
    const shown = steps.find(({ step }) => step === 'headers')?.['headers'] as Record<string, unknown>[];
    expect(shown.map(({ kind, code }) => [kind, code])).to.deep.equal([
      ['user', null],
      ['name', 'ERR_HEADER_PLACEHOLDER'],
      ['email', null],
      ['groups', 'ERR_HEADER_PLACEHOLDER'],
    ]);
    expect(steps.find(({ step }) => step === 'assertion')).to.deep.equal({
      step: 'assertion',
      subject: 'alice',
      display_name: null,
      email: row.email,
      groups: row.groups,
      left_out: ['display_name', 'groups'],
    });
    expect(steps.find(({ step }) => step === 'account')).to.include({ provisioning: 'unchanged' });
  });
});

describe('an empty user header', () => {
  const blank = { 'Remote-User': '', 'Remote-Groups': '', 'Remote-Name': '', 'Remote-Email': '' };

  it('asserts no user, on public pages and on paths for apps alike', async () => {
    const host = await startHost({ store: null });
    try {
      await host.ask('/who', { user: 'alice' });
      const { token } = await host.pair('alice');
      for (const headers of [{ 'Remote-User': '' }, blank]) {
        expect((await host.ask('/who', { headers })).json).to.deep.equal({ roles: [] });
        expect((await host.ask('/guarded', { headers })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
        expect((await host.ask('/api/who', { headers })).json).to.deep.equal({ roles: [] });
        expect((await host.ask('/api/who', { headers, token })).json).to.include({ subject: 'alice', method: 'token' });
        const revoked = await host.ask('/api/auth/revoke', { method: 'POST', headers, json: { token: 'x' } });
        expect(revoked.status).to.equal(415);
        const asApp = { ...headers, 'Content-Type': 'application/json' };
        expect(
          (await host.ask('/api/auth/revoke', { method: 'POST', headers: asApp, json: { token: 'x' } })).status,
        ).to.equal(200);
      }
      expect((await host.ask('/who', { headers: { ...blank, 'Remote-Groups': 'admins' } })).json).to.deep.equal({
        roles: [],
      });
      const mixed = await host.ask('/api/who', { headers: { ...blank, 'Remote-Groups': 'admins' }, token });
      expect(mixed.json).to.include({ code: 'ERR_UNGUARDED_IDENTITY' });
      expect(host.events.filter(({ type }) => type === 'assertion.refused')).to.have.length(1);
    } finally {
      await host.close();
    }
  });

  it('keeps a session login that the host started', async () => {
    const host = await startHost({
      routes: (app, auth) =>
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.end();
        }),
    });
    try {
      const { id } = await host.administration.users.create({ subject: 'ann', authMethod: 'local' });
      const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST', headers: blank });
      for (const headers of [{}, blank]) {
        expect((await host.ask('/who', { cookie, headers })).json).to.include({ subject: 'ann', method: 'session' });
      }
    } finally {
      await host.close();
    }
  });

  it('asserts no user from an untrusted peer either, because it needs no trust', async () => {
    const host = await startHost({ store: null, untrusted: true });
    try {
      expect((await host.ask('/who', { headers: blank })).json).to.deep.equal({ roles: [] });
      expect((await host.ask('/who', { headers: { ...blank, 'Remote-User': 'a' } })).status).to.equal(403);
    } finally {
      await host.close();
    }
  });
});
