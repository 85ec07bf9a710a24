// H7, an identity header that comes more than once, which Node would join or cut.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

describe('H7: duplicate identity headers', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('are refused, in any case of letters and with whatever values', async () => {
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

  it('are refused where the first one is empty, too', async () => {
    for (const name of ['Remote-User', 'Remote-Name', 'Remote-Email', 'Remote-Groups']) {
      const user = name === 'Remote-User' ? [] : [['Remote-User', 'alice'] as const];
      const answer = await server.get('/', [...user, [name, ''], [name, 'admin']]);
      expect(answer, name).to.include({ status: 400, code: 'ERR_HEADER_DUPLICATE' });
    }
  });

  it('are refused though other fields stand between them', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Accept', '*/*'],
      ['Cookie', 'a=b'],
      ['remote-USER', 'admin'],
    ]);
    expect(answer.code).to.equal('ERR_HEADER_DUPLICATE');
  });

  it('are nobody of the list, where something on the way has joined them to one', async () => {
    // "Doe, John" is an ordinary subject. A list of two is as little one of the two.
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

  it('are refused for the secret, too: one of two could be guessed', async () => {
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

  it('may be groups, where the host says so, and only these', async () => {
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
