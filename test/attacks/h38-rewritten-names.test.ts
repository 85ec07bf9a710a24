// H38: a name is normalized before it is checked, and becomes another user's name.
import { expect } from 'chai';
import { type Administered, startAdministered } from '../http/administrator.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

// Each is a spelling that Unicode normalization (NFC) turns into the text on its right.
const spellings = [
  ['\u212aevin', 'Kevin'],
  ['\u212b', '\u00c5'],
  ['jo\u0308rg', 'j\u00f6rg'],
  ['x\u037eadmins', 'x;admins'],
  ['\u1fef', '`'],
  ['\u2126mega', '\u03a9mega'],
  ['\uf900', '\u8c48'],
] as const;

/** A header value in the form that Node's client accepts: bytes as characters. */
const onTheWire = (text: string): string => Buffer.from(text).toString('latin1');

describe('H38: normalization of names', () => {
  describe('from the proxy', () => {
    let server: IdentityServer;
    before(async () => {
      server = await startIdentityServer({
        headers: { user: 'Remote-User', groups: 'Remote-Groups', email: 'Remote-Email', groupSeparator: ';' },
        subjectPattern: /.+/u,
      });
    });
    after(() => server.stop());

    const groupsOf = async (value: string) => {
      const answer = await server.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', value],
      ]);
      return answer.assertion?.groups ?? answer.code;
    };

    it('never turns one subject into another', async () => {
      for (const [sent, meant] of spellings) {
        const answer = await server.get('/', [['Remote-User', sent]]);
        expect(answer, meant).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
      }
    });

    it('never makes a subject match a pattern that the sent text does not match', async () => {
      for (const subjectPattern of [/[A-Za-z]+/, /[a-z]+/i, /[a-z]+/iu, /\w+/]) {
        const strict = await startIdentityServer({ subjectPattern });
        try {
          const answer = await strict.get('/', [['Remote-User', '\u212aevin']]);
          expect(answer, String(subjectPattern)).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
          expect((await strict.get('/', [['Remote-User', 'Kevin']])).assertion?.subject).to.equal('Kevin');
        } finally {
          await strict.stop();
        }
      }
    });

    it('never turns one group into another, or into two', async () => {
      for (const [sent, meant] of spellings) {
        expect(await groupsOf(sent), meant).to.deep.equal([]);
        expect(await groupsOf(`users;${sent}`), meant).to.deep.equal(['users']);
      }
    });

    it('never removes invisible characters around a group', async () => {
      for (const sign of ['\ufeff', '\u00a0', '\u3000', '\u2028', '\u200b', '\u3164', '\u2800', '\u200e']) {
        expect(await groupsOf(`users;${sign}admins`), sign.charCodeAt(0).toString(16)).to.deep.equal(['users']);
        expect(await groupsOf(`users;admins${sign}`), sign.charCodeAt(0).toString(16)).to.deep.equal(['users']);
      }
    });

    it('never turns one group into another in an encoding that hides the separators', async () => {
      const other = await startIdentityServer({
        headers: { user: 'Remote-User', groups: 'Remote-Groups', groupSeparator: ';', encoding: 'percent' },
      });
      try {
        for (const [sent, meant] of [...spellings, ['\ufeffadmins', 'admins'], ['admins\u3000', 'admins']] as const) {
          const answer = await other.get('/', [
            ['Remote-User', 'alice'],
            ['Remote-Groups', encodeURIComponent(`users;${sent}`)],
          ]);
          expect(answer.assertion?.groups, meant).to.deep.equal(['users']);
        }
      } finally {
        await other.stop();
      }
    });

    it('never turns one group into another in JSON escapes or in an LDAP name', async () => {
      for (const [groupSeparator, sent, left] of [
        ['json', '["users","\\u212aevins","x\\u037eadmins"," admins","\\ufeffadmins"]', ['users']],
        ['dn', 'CN=users,DC=ex;CN=\u212aevins,DC=ex;CN=x\u037eCN=admins,DC=ex', ['CN=users,DC=ex']],
        ['dn', '\u3000CN=admins,DC=ex;CN=users,DC=ex', 'ERR_GROUPS_FORMAT'],
      ] as const) {
        const other = await startIdentityServer({
          headers: { user: 'Remote-User', groups: 'Remote-Groups', groupSeparator },
        });
        try {
          const { assertion, code } = await other.get('/', [
            ['Remote-User', 'alice'],
            ['Remote-Groups', sent],
          ]);
          expect(assertion?.groups ?? code, sent).to.deep.equal(left);
        } finally {
          await other.stop();
        }
      }
    });

    it('never turns one email into another', async () => {
      const answer = await server.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Email', '\u212aevin@example.com'],
      ]);
      expect(answer.status).to.equal(200);
      expect(answer.assertion).to.not.have.property('email');
    });
  });

  describe('in the API', () => {
    let host: Administered;
    before(async () => {
      host = await startAdministered();
    });
    after(() => host.close());

    it('never gives a user the roles of another user with a similar name', async () => {
      const kevin = await host.person('Kevin');
      await host.administration.users.addRoles('Kevin', ['admin']);
      const answer = await host.ask('/who', { user: onTheWire('\u212aevin') });
      expect(answer.json).to.include({ code: 'ERR_SUBJECT_INVALID', status: 400 });
      expect((await host.ask('/who', { user: 'Kevin' })).json).to.deep.include({ subject: kevin.subject });
    });

    it('never adds a user with another name than was sent', async () => {
      await host.person('root', 'admins');
      const before = await host.administration.users.list();
      for (const [sent, meant] of spellings) {
        for (const subject of [sent, `\ufeff${meant}`, `${meant}\u3000`]) {
          const answer = await host.change('POST', 'users', { subject, auth_method: 'proxy' });
          expect(answer.json, subject).to.include({ code: 'ERR_SUBJECT_INVALID', status: 400 });
        }
      }
      expect(await host.administration.users.list()).to.deep.equal(before);
    });

    it('never maps another group than was sent', async () => {
      for (const [sent, meant] of spellings) {
        const answer = await host.write('PUT', `/auth/admin/group-roles?group=${encodeURIComponent(sent)}`, {
          user: 'root',
          groups: 'admins',
          json: { roles: ['viewer'] },
          headers: { 'If-None-Match': '*' },
        });
        expect(answer.json, meant).to.include({ code: 'ERR_GROUP_NAME', status: 400 });
      }
      expect((await host.directory.mapping()).groupRoles).to.deep.equal([]);
    });

    it('never adds or filters by another role than was sent', async () => {
      const { id, version } = await host.person('bob');
      const granted = await host.change('PATCH', `users/${id}`, { add_roles: ['r\u0065\u0301'] }, version);
      expect(granted.json).to.include({ code: 'ERR_ROLE_NAME', status: 400 });
      await host.administration.users.addRoles('bob', ['r\u00e9']);
      const holders = async (role: string) =>
        (await host.look(`users?role=${encodeURIComponent(role)}`)).json?.['users'];
      expect(await holders('r\u00e9')).to.have.length(1);
      expect(await holders('re\u0301')).to.deep.equal([]);
    });

    it('never explains another user than was sent', async () => {
      await host.person('Kevin');
      const { json } = await host.change('POST', 'explain', { subject: '\u212aevin' });
      expect(json).to.include({ outcome: 'refused', code: 'ERR_ACCOUNT_UNKNOWN' });
    });
  });
});
