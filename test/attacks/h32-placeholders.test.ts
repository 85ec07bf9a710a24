// H32: an unfilled placeholder of a proxy's template becomes a user that many people share.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const placeholders = [
  ...[
    '(null)',
    '-',
    'undefined',
    'null',
    'NULL',
    '(none)',
    '[object Object]',
    '<no value>',
    '$remote_user',
    `\${user}`,
  ],
  ...[
    '{http.reverse_proxy.header.Remote-User}',
    '{http.auth.user.id}',
    '{user}',
    '%{REMOTE_USER}e',
    '%{X}',
    '{{ .User }}',
  ],
  ...['prefix-%{REMOTE_USER}e', '{http.reverse_proxy.header.Remote-User}@example.com'],
];

describe('H32: unfilled placeholders', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('are refused as the user', async () => {
    for (const value of placeholders) {
      const answer = await server.get('/', [['Remote-User', value]]);
      expect(answer, value).to.include({ status: 400, code: 'ERR_HEADER_PLACEHOLDER' });
    }
  });

  it('are left out as the name and email', async () => {
    for (const value of placeholders) {
      for (const [name, field] of [
        ['Remote-Name', 'display-name'],
        ['Remote-Email', 'email'],
      ] as const) {
        const answer = await server.get('/', [
          ['Remote-User', 'alice'],
          [name, value],
        ]);
        expect([answer.assertion, answer.leftOut], `${name} ${value}`).to.deep.equal([
          { subject: 'alice', groups: [] },
          [field],
        ]);
      }
    }
  });

  it('are left out as groups, alone and in a list', async () => {
    for (const value of placeholders) {
      for (const [list, groups] of [
        [value, []],
        [`users,${value}`, ['users']],
        [` ${value} ,users`, ['users']],
      ] as const) {
        const answer = await server.get('/', [
          ['Remote-User', 'alice'],
          ['Remote-Groups', list],
        ]);
        expect([answer.assertion?.groups, answer.leftOut], list).to.deep.equal([groups, ['groups']]);
      }
    }
  });

  it('are left out as groups in every other format', async () => {
    for (const groupSeparator of ['json', 'dn', '|', '; ']) {
      const other = await startIdentityServer({
        headers: { user: 'Remote-User', groups: 'Remote-Groups', groupSeparator },
      });
      try {
        for (const value of ['(null)', '-', '{http.reverse_proxy.header.Remote-Groups}']) {
          const answer = await other.get('/', [
            ['Remote-User', 'alice'],
            ['Remote-Groups', value],
          ]);
          expect([answer.assertion?.groups, answer.leftOut], `${groupSeparator} ${value}`).to.deep.equal([
            [],
            ['groups'],
          ]);
        }
      } finally {
        await other.stop();
      }
    }
  });

  it('differ from an empty user header, which is anonymous', async () => {
    for (const value of ['', ' ', '\t']) {
      const answer = await server.get('/', [['Remote-User', value]]);
      expect(answer).to.include({ status: 200 }).and.not.have.property('assertion');
    }
  });
});
