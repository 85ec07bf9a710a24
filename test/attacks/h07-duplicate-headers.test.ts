// H7: an identity header is repeated, and Node would join the values or drop all but one.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

describe('H7: duplicate identity headers', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('are refused, in upper and lower case and with any values', async () => {
    for (const [first, second] of [
      ['Remote-User', 'Remote-User'],
      ['Remote-User', 'remote-user'],
      ['REMOTE-USER', 'ReMoTe-UsEr'],
      ['Remote-Name', 'Remote-Name'],
      ['Remote-Email', 'remote-email'],
      ['Remote-Groups', 'Remote-groups'],
    ] as const) {
      const user = first.toLowerCase() === 'remote-user' ? [] : [['Remote-User', 'alice'] as const];
      for (const value of ['alice', 'admin', '']) {
        const answer = await server.get('/', [...user, [first, 'alice'], [second, value]]);
        expect(answer, `${first} ${second} ${value}`).to.include({ status: 400, code: 'ERR_HEADER_DUPLICATE' });
      }
    }
  });

  it('are refused if the first one is empty, too', async () => {
    for (const name of ['Remote-User', 'Remote-Name', 'Remote-Email', 'Remote-Groups']) {
      const user = name === 'Remote-User' ? [] : [['Remote-User', 'alice'] as const];
      const answer = await server.get('/', [...user, [name, ''], [name, 'admin']]);
      expect(answer, name).to.include({ status: 400, code: 'ERR_HEADER_DUPLICATE' });
    }
  });

  it('are refused if other fields are between them', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Accept', '*/*'],
      ['Cookie', 'a=b'],
      ['remote-USER', 'admin'],
    ]);
    expect(answer.code).to.equal('ERR_HEADER_DUPLICATE');
  });

  it('do not log in any user of the list if a server on the way has joined them', async () => {
    // "Doe, John" is a valid subject. A joined list of two users must not become one of them.
    for (const list of ['alice, admin', 'alice,admin']) {
      expect((await server.get('/', [['Remote-User', list]])).assertion?.subject, list).to.equal(list);
      const twice = await server.get('/', [
        ['Remote-User', list],
        ['Remote-User', list],
      ]);
      expect(twice.code, list).to.equal('ERR_HEADER_DUPLICATE');
    }
    for (const list of ['admin,', ',admin', 'admin, ', ', admin', 'alice,,admin']) {
      expect((await server.get('/', [['Remote-User', list]])).code, list).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('are refused for the secret, too, because one of two could be a guess', async () => {
    const values = ['0123456789-abcdef'] as const;
    const withSecret = await startIdentityServer({ proxySecret: { header: 'X-Proxy-Secret', values } });
    try {
      const answer = await withSecret.get('/', [
        ['Remote-User', 'alice'],
        ['X-Proxy-Secret', 'guess'],
        ['X-Proxy-Secret', values[0]],
      ]);
      expect(answer.code).to.equal('ERR_HEADER_DUPLICATE');
    } finally {
      await withSecret.stop();
    }
  });

  it('are allowed for groups if the host allows it, and only for groups', async () => {
    const headers = { user: 'X-Remote-User', groups: 'X-Remote-Group', groupsRepeat: true };
    const repeating = await startIdentityServer({ headers });
    try {
      const groups = [
        ['X-Remote-Group', 'users'],
        ['x-remote-group', 'a, b'],
      ] as const;
      const answer = await repeating.get('/', [['X-Remote-User', 'alice'], ...groups]);
      expect(answer.assertion).to.deep.equal({ subject: 'alice', groups: ['a, b', 'users'] });
      const twice = await repeating.get('/', [['X-Remote-User', 'alice'], ['X-Remote-User', 'alice'], ...groups]);
      expect(twice.code).to.equal('ERR_HEADER_DUPLICATE');
    } finally {
      await repeating.stop();
    }
  });
});
