// The devices of all users, for administrators.
import { expect } from 'chai';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

const idsIn = ({ json }: Answer) => ((json?.['devices'] ?? []) as Json[]).map(({ id }) => id);

describe('admin/devices', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const found = async (query: string) => {
    const answer = await host.look(`devices?${query}`);
    return idsIn(answer);
  };

  it('shows devices as their owners see them, with owner and version', async () => {
    await host.person('ann');
    const { id } = await host.pair('ann');
    const own = await host.ask('/auth/devices', { user: 'ann' });
    const answer = await host.look('devices');
    const [shown] = (own.json?.['devices'] ?? []) as Json[];
    expect(answer.json).to.deep.equal({ devices: [{ ...shown, id, subject: 'ann', version: 1 }], next: null });
  });

  it('finds devices by text and by owner, in pages', async () => {
    for (const subject of ['ann', 'ben']) await host.person(subject);
    const [one, two, three] = [await host.pair('ann'), await host.pair('ben'), await host.pair('ann')];
    await host.administration.devices.rename('ann', three.id, 'Kitchen tablet');
    expect(await found('subject=ann')).to.have.members([one.id, three.id]);
    expect(await found('search=KITCHEN')).to.deep.equal([three.id]);
    expect(await found('search=ben')).to.deep.equal([two.id]);
    expect(await found('subject=nobody')).to.deep.equal([]);
    const seen: unknown[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null; pages++) {
      expect(pages).to.be.lessThan(3);
      const answer = await host.look(`devices?limit=1${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...idsIn(answer));
      next = answer.json?.['next'];
    }
    expect(seen).to.deep.equal(await found(''));
    expect(seen).to.have.members([one.id, two.id, three.id]);
  });

  it('refuses invalid filters and cursors', async () => {
    const sealed = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
    for (const [query, code] of [
      ['user=ann', 'ERR_QUERY'],
      ['search=', 'ERR_QUERY'],
      ['subject=', 'ERR_QUERY'],
      ['limit=none', 'ERR_PAGE'],
      ['cursor=%20', 'ERR_PAGE'],
      [`cursor=${sealed('2026-11-01T10:00:00.000Z')}`, 'ERR_PAGE'],
      [`cursor=${sealed('2026-11-01T10:00:00.000Z', 'x')}`, 'ERR_PAGE'],
      [`cursor=${sealed('+275760-09-13T00:00:00.000Z', crypto.randomUUID())}`, 'ERR_PAGE'],
      [`cursor=${sealed('never', crypto.randomUUID())}`, 'ERR_PAGE'],
      [`cursor=${sealed('2026-11-01T10:00:00.000Z', crypto.randomUUID(), 'x')}`, 'ERR_PAGE'],
    ] as const) {
      expect((await host.look(`devices?${query}`)).json, query).to.include({ code, status: 400 });
    }
  });

  it('revokes the version that the administrator saw', async () => {
    const owner = await host.person('ann');
    const { id, token } = await host.pair('ann');
    for (const given of [undefined, '*', '"1", "2"']) {
      const answer = await host.change('DELETE', `devices/${id}`, undefined, given);
      expect(answer.json).to.include({ code: 'ERR_VERSION_REQUIRED', status: 428 });
    }
    await host.administration.devices.rename('ann', id, 'Other');
    const late = await host.change('DELETE', `devices/${id}`, undefined, 1);
    expect(late.json).to.include({ code: 'ERR_VERSION', status: 412 });
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    expect((await host.change('DELETE', `devices/${id}`, undefined, 2)).status).to.equal(204);
    expect((await host.ask('/api/guarded', { token })).status).to.equal(401);
    expect(await found('')).to.deep.equal([]);
    const trail = (await host.trail()).filter(({ action }) => action === 'device.revoked');
    expect(trail).to.have.length(1);
    expect(trail[0]).to.deep.include({
      actor: { subject: 'root', address: '127.0.0.1' },
      subject: 'ann',
      deviceId: id,
    });
    const told = { type: 'device.revoked', userId: owner.id, subject: owner.subject, deviceId: id, by: 'root' };
    expect(host.events.filter(({ type }) => type === 'device.revoked')).to.deep.equal([told]);
  });

  it('answers 404 for any other id', async () => {
    for (const id of [crypto.randomUUID(), 'x', '%20', '*']) {
      const answer = await host.change('DELETE', `devices/${id}`, undefined, 1);
      expect(answer.json, id).to.include({ code: 'ERR_DEVICE_UNKNOWN', status: 404 });
    }
    expect((await host.change('DELETE', `devices/${crypto.randomUUID()}?all=true`, undefined, 1)).json).to.include({
      code: 'ERR_QUERY',
    });
    expect(await host.trail()).to.deep.equal([]);
  });
});
