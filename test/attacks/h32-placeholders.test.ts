// test/attacks: H32, what a proxy's template leaves behind, as a person that everybody is.
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

  it('are refused as user, name and e-mail', async () => {
    for (const value of placeholders) {
      for (const name of ['Remote-User', 'Remote-Name', 'Remote-Email']) {
        const user = name === 'Remote-User' ? [] : [['Remote-User', 'alice'] as const];
        const answer = await server.get('/', [...user, [name, value]]);
        expect(answer, `${name} ${value}`).to.include({ status: 400, code: 'ERR_HEADER_PLACEHOLDER' });
      }
    }
  });

  it('are refused as groups, alone and in a list', async () => {
    for (const value of placeholders) {
      for (const list of [value, `users,${value}`, ` ${value} ,users`]) {
        const answer = await server.get('/', [
          ['Remote-User', 'alice'],
          ['Remote-Groups', list],
        ]);
        expect(answer, list).to.include({ status: 400, code: 'ERR_HEADER_PLACEHOLDER' });
      }
    }
  });

  it('are refused as groups in every other format', async () => {
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
          expect(answer, `${groupSeparator} ${value}`).to.include({ code: 'ERR_HEADER_PLACEHOLDER' });
        }
      } finally {
        await other.stop();
      }
    }
  });

  it('are refused as an empty user: absent is not empty', async () => {
    for (const value of ['', ' ', '\t']) {
      expect((await server.get('/', [['Remote-User', value]])).code).to.equal('ERR_SUBJECT_INVALID');
    }
  });
});
