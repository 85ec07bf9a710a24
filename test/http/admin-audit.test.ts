// http: who did what to whom, page by page and as a file.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { LatchkeyError } from '../../src/errors.js';
import type { AuditQuery, Directory } from '../../src/ports.js';
import { memoryDirectory } from '../../src/stores/memory-directory.js';
import type { AuditEntry } from '../../src/types.js';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

const actionsIn = ({ json }: Answer) => ((json?.['entries'] ?? []) as Json[]).map(({ action }) => action);

/** So many entries, newest first, as a directory lists them; counts how often it is asked. */
function longTrail(count: number): Pick<Directory, 'listAudit'> & { readonly asked: AuditQuery[] } {
  const asked: AuditQuery[] = [];
  return {
    asked,
    async listAudit(query) {
      asked.push(query);
      const from = query.after === undefined ? count : Number(query.after) - 1;
      return Array.from({ length: Math.max(0, Math.min(query.limit, from)) }, (_, index): AuditEntry => {
        const id = String(from - index);
        return { id, at: new Date(0), actor: {}, action: 'user.changed', subject: 'x'.repeat(200), changes: {} };
      });
    },
  };
}

describe('admin/audit', () => {
  let host: Administered;
  const start = async (directory?: Directory) => {
    host = await startAdministered(directory === undefined ? {} : { directory });
  };
  beforeEach(() => start());
  afterEach(() => host.close());

  const found = async (query: string) => {
    const answer = await host.look(`audit?${query}`);
    return actionsIn(answer);
  };

  it('lists who did what to whom, and from where, newest first', async () => {
    const { id, version } = await host.person('alice');
    await host.change('PATCH', `users/${id}`, { auth_method: 'local', grant_roles: ['editor'] }, version);
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

  it('is written by an administrator’s looking at nothing', async () => {
    const { id } = await host.person('alice');
    for (const path of ['users', `users/${id}`, 'group-roles', 'devices', 'audit', 'audit?format=jsonl']) {
      expect((await host.look(path)).status, path).to.equal(200);
    }
    expect(await host.trail()).to.deep.equal([]);
  });

  it('is filtered by each of its members', async () => {
    const { id, version } = await host.person('alice');
    const { id: device } = await host.pair('alice');
    await host.change('PATCH', `users/${id}`, { grant_roles: ['editor'] }, version);
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

  it('is not filtered by what is no filter', async () => {
    const sealed = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
    for (const [query, code] of [
      ['by=root', 'ERR_QUERY'],
      ['actor=', 'ERR_QUERY'],
      ['action=user.deleted', 'ERR_QUERY'],
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

  describe('as a file', () => {
    const restart = async (changes: Partial<Directory>) => {
      await host.close();
      await start({ ...memoryDirectory(), ...changes });
    };

    /** The answer's head; its body waits to be read. */
    async function begin(query = 'format=jsonl'): Promise<IncomingMessage> {
      const headers = { 'Remote-User': 'root', 'Remote-Groups': 'admins' };
      const path = `/auth/admin/audit?${query}`;
      const sent = request({ host: '127.0.0.1', port: host.port, path, headers, agent: false });
      sent.end();
      const [response] = await once(sent, 'response');
      return response;
    }

    it('has one entry a line, all that the filters find', async () => {
      const trail = longTrail(2500);
      await restart(trail);
      const answer = await host.look('audit?format=jsonl&actor=ann&since=2026-11-01');
      expect(answer.headers).to.include({
        'content-type': 'application/x-ndjson',
        'content-disposition': 'attachment; filename="audit.jsonl"',
        'cache-control': 'no-store',
      });
      const lines = answer.text.split('\n');
      expect(lines.pop()).to.equal('');
      expect(lines.map((line) => JSON.parse(line).id)).to.deep.equal(
        Array.from({ length: 2500 }, (_, index) => String(2500 - index)),
      );
      expect(JSON.parse(lines[0] ?? '')).to.have.keys(
        ...['id', 'at', 'actor', 'action', 'subject', 'group', 'device_id', 'changes'],
      );
      const asked = { actor: 'ann', since: new Date('2026-11-01'), limit: 1000 };
      expect(trail.asked).to.deep.equal([asked, { ...asked, after: '1501' }, { ...asked, after: '501' }]);
    });

    it('is empty where nothing is found', async () => {
      const answer = await host.look('audit?format=jsonl');
      expect([answer.status, answer.text]).to.deep.equal([200, '']);
    });

    it('ends with a whole page', async () => {
      await restart(longTrail(2000));
      expect((await host.look('audit?format=jsonl')).text.split('\n')).to.have.length(2001);
    });

    it('is not read at all where only its head is asked for', async () => {
      const trail = longTrail(2500);
      await restart(trail);
      const answer = await host.look('audit?format=jsonl', { method: 'HEAD' });
      expect([answer.status, answer.text]).to.deep.equal([200, '']);
      expect(trail.asked).to.have.length(1);
    });

    it('is read no faster than it is taken, and no further once nobody takes it', async () => {
      const trail = longTrail(1_000_000);
      await restart(trail);
      const accepted = once(host.server, 'connection');
      const response = await begin();
      const [socket] = (await accepted) as [Socket];
      // Taking the first bytes only: the rest has to wait for room.
      await once(response, 'readable');
      expect(await stillness(() => trail.asked.length)).to.be.lessThan(200);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      response.destroy();
      await closed;
      const asked = trail.asked.length;
      expect(await stillness(() => trail.asked.length)).to.be.at.most(asked + 1);
      expect(host.hostErrors).to.deep.equal([]);
    });

    it('breaks off where the directory is lost on the way', async () => {
      const trail = longTrail(5000);
      await restart({
        listAudit: (query) =>
          query.after === undefined
            ? trail.listAudit(query)
            : Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')),
      });
      const response = await begin();
      expect(response.statusCode).to.equal(200);
      let failure: unknown;
      try {
        for await (const _ of response);
      } catch (error) {
        failure = error;
      }
      expect(failure).to.have.property('code', 'ECONNRESET');
      expect(response.complete).to.equal(false);
      expect(host.hostErrors).to.have.length(1);
      expect(host.hostErrors[0]).to.have.property('code', 'ERR_DIRECTORY_UNAVAILABLE');
    });

    it('is a coded refusal where the directory is away from the start', async () => {
      await restart({ listAudit: () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')) });
      const answer = await host.look('audit?format=jsonl');
      expect(answer.json).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503 });
      expect(answer.headers).to.not.have.property('content-disposition');
    });
  });
});

/** What a count comes to rest at: the same over many turns of the event loop, I/O included. */
async function stillness(count: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 200; ) {
    await new Promise((resolve) => setImmediate(resolve));
    same = count() === last ? same + 1 : 0;
    last = count();
  }
  return last;
}
