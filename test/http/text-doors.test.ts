// All interfaces accept the same names and texts, and treat them as the same.
import { expect } from 'chai';
import fc from 'fast-check';
import { configuredGroupRoles } from '../../src/directory/resolution/role-mapping.js';
import { identifier } from '../../src/identity/identify.js';
import { checkedDevice } from '../../src/pairing/input.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { requestWith } from '../identity/stand-ins.js';
import { refusal } from '../support/people.js';
import { anyText } from '../support/texts.js';
import { type Administered, startAdministered } from './administrator.js';

const onTheWire = (text: string): string => Buffer.from(text).toString('latin1');

// JSON carries any text, so that neither a separator nor HTTP keeps a text from the rules.
const proxy = identifier({
  trustedProxies: ['loopback'],
  headers: {
    user: 'X-User',
    groups: 'X-Groups',
    name: 'X-Name',
    email: 'X-Email',
    groupSeparator: 'json',
    encoding: 'percent',
  },
  subjectPattern: /.+/su,
});

/** The result of a login with these texts; `undefined` when they cannot be sent or are refused. */
function asserted(texts: { user?: string; group?: string; name?: string; email?: string }) {
  const { user = 'alice', group, name, email } = texts;
  if (![user, group, name, email].every((text) => text?.isWellFormed() ?? true)) return undefined;
  const fields = [
    ['X-User', encodeURIComponent(user)],
    ['X-Groups', encodeURIComponent(JSON.stringify(group === undefined || group === '' ? [] : [group]))],
    ...(name === undefined ? [] : [['X-Name', encodeURIComponent(name)] as const]),
    ...(email === undefined ? [] : [['X-Email', encodeURIComponent(email)] as const]),
  ] as const;
  try {
    return proxy.identify(requestWith(fields)).assertion;
  } catch (error) {
    if (error instanceof LatchkeyError) return undefined;
    throw error;
  }
}

const settled = async <Value>(promise: Promise<Value>): Promise<Value | undefined> => {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof LatchkeyError) return undefined;
    throw error;
  }
};

const subjectsOf = (users: unknown): readonly string[] =>
  (Array.isArray(users) ? (users as { subject: string }[]) : []).map(({ subject }) => subject);

describe('a text in every interface', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered({ services: { verificationUri: 'https://music.example.com/activate' } });
    await host.person('root', 'admins');
  });
  afterEach(() => host.close());

  const root = { user: 'root', groups: 'admins' };
  const by = (subject: string) => ({ by: { subject } });

  it('is a subject at the login only if users can be added, found, filtered, explained and named as actor by it', async () => {
    const { users, mappings } = host.administration;
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const subject = asserted({ user: text })?.subject;
        if (subject === undefined) return;
        expect(subject).to.equal(text);
        const created = await users.create({ subject, authMethod: 'proxy' });
        try {
          expect(created.subject).to.equal(text);
          const query = encodeURIComponent(text);
          const found = await host.look(`users?search=${encodeURIComponent([...text].slice(0, 255).join(''))}`);
          expect(subjectsOf(found.json?.['users'])).to.include(text);
          for (const path of [`devices?subject=${query}`, `audit?subject=${query}&actor=${query}`]) {
            expect((await host.look(path)).status, path).to.equal(200);
          }
          const explained = await host.change('POST', 'explain', { subject });
          expect(explained.json).to.include({ outcome: 'admitted' });
          await mappings.set('staff', ['viewer'], by(subject));
          expect((await mappings.find('staff')).changedBy).to.equal(text);
        } finally {
          await users.delete(subject);
          await mappings.delete('staff');
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is a group at the login only if it can be mapped by API, function and configuration, filtered by, and unmapped', async () => {
    const { mappings } = host.administration;
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const groups = asserted({ group: text })?.groups ?? [];
        if (groups.length === 0) return;
        expect(groups).to.deep.equal([text]);
        expect([...configuredGroupRoles({ [text]: ['viewer'] }).groupRoles.keys()]).to.deep.equal([text]);
        const path = `group-roles?group=${encodeURIComponent(text)}`;
        const added = await host.write('PUT', `/auth/admin/${path}`, {
          ...root,
          json: { roles: ['viewer'] },
          headers: { 'If-None-Match': '*' },
        });
        expect(added.json).to.deep.include({ group: text, roles: ['viewer'] });
        await mappings.set(text, ['editor']);
        const entries = (await host.look(`audit?group=${encodeURIComponent(text)}`)).json?.['entries'];
        expect((entries as unknown[]).length).to.be.at.least(2);
        const { version } = await mappings.find(text);
        expect((await host.change('DELETE', path, undefined, version)).status).to.equal(204);
      }),
      { numRuns: 150 },
    );
  });

  it('is a display name or an email address at the login only if a user can be added with it', async () => {
    const { users } = host.administration;
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const profile = asserted({ name: text, email: text });
        if (profile === undefined || text === '') return;
        const added = async (given: { displayName?: string; email?: string }) => {
          const user = await settled(users.create({ subject: 'bob', authMethod: 'local', ...given }));
          if (user !== undefined) await users.delete('bob');
          return user;
        };
        // A login accepts slightly less: a placeholder of a proxy's template is not a name.
        const { displayName, email } = profile;
        if (displayName !== undefined) expect((await added({ displayName: text }))?.displayName).to.equal(displayName);
        if (email !== undefined) expect((await added({ email: text }))?.email).to.equal(email);
        if (email !== undefined) expect(email).to.equal(text);
      }),
      { numRuns: 300 },
    );
  });

  it('is a device’s name at the pairing exactly if a device can be renamed to it', async () => {
    await host.person('alice');
    const { id } = await host.pair('alice');
    const { devices } = host.administration;
    const paired = (text: string): string | undefined => {
      try {
        return checkedDevice({ clientId: 'app', deviceName: text, address: '' }).deviceName;
      } catch (error) {
        if (error instanceof LatchkeyError) return undefined;
        throw error;
      }
    };
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const name = paired(text);
        expect((await settled(devices.rename('alice', id, text)))?.name).to.equal(name);
      }),
      { numRuns: 500 },
    );
  });

  it('is a device’s name for apps that redeem or request and for users who rename, or for none of them', async () => {
    await host.person('alice');
    const { id } = await host.pair('alice');
    for (const [name, kept] of [
      ['👩‍💻 Pixel', '👩‍💻 Pixel'],
      ['گوشی من می\u200cخواهم', 'گوشی من می\u200cخواهم'],
      [' Jo\u0308rgs Gera\u0308t\u3000', 'Jörgs Gerät'],
      ['e\u0301'.repeat(64), '\u00e9'.repeat(64)],
      ['\u3164', undefined],
      ['\u2800', undefined],
      ['\u115f', undefined],
      ['Pixel\u202e', undefined],
      ['Pix\u200bel', undefined],
      ['\u{e0061}', undefined],
      ['❤\ufe0f\ufe0f', undefined],
      ['é'.repeat(65), undefined],
    ] as const) {
      const opened = await host.write('POST', '/auth/pairings', { user: 'alice' });
      const redeemed = await host.write('POST', '/api/auth/token', {
        json: {
          grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
          code: opened.json?.['code'],
          client_id: 'app',
          device_name: name,
        },
      });
      expect(redeemed.status, name).to.equal(kept === undefined ? 400 : 200);
      if (kept === undefined) {
        const path = `/auth/pairings/${String(opened.json?.['id'])}`;
        expect((await host.write('DELETE', path, { user: 'alice' })).status).to.equal(200);
      } else {
        const device = await host.device(String(redeemed.json?.['device_id']));
        expect(device.name).to.equal(kept);
      }
      const requested = await host.write('POST', '/api/auth/device_authorization', {
        json: { client_id: 'app', device_name: name, app_version: name, platform: name },
      });
      expect(requested.status, name).to.equal(kept === undefined ? 400 : 200);
      const renamed = await host.write('PATCH', `/auth/devices/${id}`, { user: 'alice', json: { name } });
      expect([renamed.status, renamed.json?.['name'] ?? renamed.json?.['code']], name).to.deep.equal(
        kept === undefined ? [400, 'ERR_DEVICE_NAME'] : [200, kept],
      );
    }
  });

  it('is a role by grant, by mapping and by configuration, or by none of them', async () => {
    const { users, mappings } = host.administration;
    await host.person('alice');
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const granted = await settled(users.addRoles('alice', [text]));
        const mapped = await settled(mappings.set('staff', [text]));
        expect(granted !== undefined).to.equal(mapped !== undefined);
        if (granted === undefined) {
          expect(() => configuredGroupRoles({ staff: [text] })).to.throw(LatchkeyError);
        } else {
          expect(granted.grantedRoles).to.include(text);
          expect((await host.look(`users?role=${encodeURIComponent(text)}`)).json?.['users']).to.have.length(1);
          await users.removeRoles('alice', [text]);
        }
      }),
      { numRuns: 150 },
    );
    expect(await refusal(users.addRoles('alice', ['admin\u3164']))).to.equal('ERR_ROLE_NAME');
  });

  it('keeps the whole Persian name of a user who logs in', async () => {
    const subject = 'علی\u200cرضا';
    const answer = await host.ask('/auth/me', { user: onTheWire(subject), groups: onTheWire('گروه\u200cها') });
    expect(answer.json).to.include({ subject });
  });

  describe('accepted by earlier rules', () => {
    const odd = ['\u212aevin', ' padded ', 'ali\u200bce', '\u3164', 'a\u202eb', '(null)', '__proto__', 'x'.repeat(400)];

    it('remains a user whom administrators can find, explain, change and delete, and who can be an actor', async () => {
      for (const subject of odd) {
        const { id } = await host.directory.createUser({ subject, authMethod: 'local', grantedRoles: ['ro\u3164le'] });
        const search = encodeURIComponent(subject.slice(0, 200).normalize('NFC'));
        const listed = (await host.look('users?limit=1000')).json?.['users'] as { id: string }[];
        expect(listed.map((user) => user.id)).to.include(id);
        expect((await host.look(`users?search=${search}`)).status, subject).to.equal(200);
        expect((await host.look(`audit?subject=${encodeURIComponent(subject)}`)).status).to.equal(200);
        const explained = await host.change('POST', 'explain', { subject });
        if (subject.trim() === subject) expect(explained.json).to.include({ outcome: 'admitted' });
        const changed = await host.change('PATCH', `users/${id}`, { remove_roles: ['ro\u3164le'], disabled: true }, 1);
        expect(changed.json).to.deep.include({ subject, granted_roles: [], disabled: true });
        await host.administration.mappings.set('staff', ['viewer'], by(subject));
        expect((await host.change('DELETE', `users/${id}`, undefined, 2)).status).to.equal(204);
      }
    });

    it('remains a user on every page of a list', async () => {
      for (const subject of odd) await host.directory.createUser({ subject, authMethod: 'proxy' });
      const seen: string[] = [];
      for (let next: unknown = ''; next !== null; ) {
        const page = await host.look(`users?limit=1${next === '' ? '' : `&cursor=${String(next)}`}`);
        expect(page.status).to.equal(200);
        seen.push(...subjectsOf(page.json?.['users']));
        next = page.json?.['next'];
      }
      expect(seen).to.include.members(odd);
    });

    it('remains a mapping that administrators can see, preview deleting, and delete', async () => {
      for (const group of odd) {
        await host.directory.putMapping({ group, roles: ['viewer'] });
        const { version } = await host.administration.mappings.find(group);
        const path = `group-roles?group=${encodeURIComponent(group)}`;
        expect((await host.change('DELETE', `${path}&dry_run=true`)).json, group).to.include({ users: 0 });
        expect((await host.change('DELETE', path, undefined, version)).status, group).to.equal(204);
      }
      expect((await host.directory.mapping()).groupRoles).to.deep.equal([]);
    });
  });
});
