// The audit trail, in pages.
import { expect } from 'chai';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

const actionsIn = ({ json }: Answer) => ((json?.['entries'] ?? []) as Json[]).map(({ action }) => action);

describe('admin/audit', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const found = async (query: string) => {
    const answer = await host.look(`audit?${query}`);
    return actionsIn(answer);
  };

  it('lists who changed what and from where, newest first', async () => {
    const { id, version } = await host.person('alice');
    await host.change('PATCH', `users/${id}`, { auth_method: 'local', add_roles: ['editor'] }, version);
    await host.administration.mappings.set('staff', ['viewer'], { note: 'Payroll' });
    const answer = await host.look('audit');
    const [mapping, user, ...more] = (answer.json?.['entries'] ?? []) as Json[];
    expect(more).to.deep.equal([]);
    expect(answer.json).to.include({ next: null });
    expect(Number(mapping?.['id'])).to.be.greaterThan(Number(user?.['id']));
    expect({ ...user, id: '', at: '' }).to.deep.equal({
      id: '',
      at: '',
      actor: { subject: 'root', address: '127.0.0.1' },
      action: 'user.changed',
      subject: 'alice',
      group: null,
      device_id: null,
      changes: { auth_method: { from: 'proxy', to: 'local' }, granted_roles: { from: [], to: ['editor'] } },
    });
    expect({ ...mapping, id: '', at: '' }).to.deep.equal({
      id: '',
      at: '',
      actor: { subject: null, address: null },
      action: 'mapping.set',
      subject: null,
      group: 'staff',
      device_id: null,
      changes: { roles: { to: ['viewer'] }, note: { to: 'Payroll' } },
    });
    expect(String(user?.['at'])).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('gets no entries when an administrator only reads', async () => {
    const { id } = await host.person('alice');
    for (const path of ['users', `users/${id}`, 'group-roles', 'devices', 'audit', 'audit?format=jsonl']) {
      expect((await host.look(path)).status, path).to.equal(200);
    }
    expect(await host.trail()).to.deep.equal([]);
  });

  it('filters by each field', async () => {
    const { id, version } = await host.person('alice');
    const { id: device } = await host.pair('alice');
    await host.change('PATCH', `users/${id}`, { add_roles: ['editor'] }, version);
    await host.administration.mappings.set('a/b', ['viewer']);
    await host.change('DELETE', `devices/${device}`, undefined, 1);
    const [oldest] = await host.trail();
    expect(oldest?.action).to.equal('device.paired');
    expect(await found('actor=root')).to.deep.equal(['device.revoked', 'user.changed']);
    expect(await found('action=mapping.set')).to.deep.equal(['mapping.set']);
    expect(await found('subject=alice&action=user.changed')).to.deep.equal(['user.changed']);
    expect(await found('group=a%2Fb')).to.deep.equal(['mapping.set']);
    expect(await found(`device_id=${device}`)).to.deep.equal(['device.revoked', 'device.paired']);
    expect(await found('since=2000-01-01&until=2000-01-02T00:00:00Z')).to.deep.equal([]);
    expect(await found('since=2000-01-01&actor=root')).to.have.length(2);
    const whole = await found('');
    const seen: unknown[] = [];
    for (let next: unknown = ''; next !== null; ) {
      const page = await host.look(`audit?limit=2${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...actionsIn(page));
      next = page.json?.['next'];
    }
    expect(seen).to.deep.equal(whole);
  });

  it('refuses invalid filters', async () => {
    const sealed = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
    for (const [query, code] of [
      ['by=root', 'ERR_QUERY'],
      ['actor=', 'ERR_QUERY'],
      ['action=user.removed', 'ERR_QUERY'],
      ['since=yesterday', 'ERR_QUERY'],
      ['format=csv', 'ERR_QUERY'],
      ['format=jsonl&limit=5', 'ERR_QUERY'],
      ['format=jsonl&cursor=x', 'ERR_QUERY'],
      ['limit=5000', 'ERR_PAGE'],
      [`cursor=${sealed('x')}`, 'ERR_PAGE'],
      [`cursor=${sealed('-1')}`, 'ERR_PAGE'],
      [`cursor=${sealed('1', '2')}`, 'ERR_PAGE'],
      [`cursor=${sealed('9'.repeat(30))}`, 'ERR_PAGE'],
    ] as const) {
      expect((await host.look(`audit?${query}`)).json, query).to.include({ code, status: 400 });
    }
  });
});
