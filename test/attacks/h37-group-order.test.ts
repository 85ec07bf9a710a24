// H37: the groups arrive in a different order each time, which looks like a change.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

describe('H37: the order of groups', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('makes no difference, and neither do duplicates and spaces', async () => {
    for (const groups of ['users,admins,dev', 'dev,users,admins', 'admins, dev, users, dev', ',dev,,admins ,users,']) {
      const answer = await server.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', groups],
      ]);
      expect(answer.assertion?.groups, groups).to.deep.equal(['admins', 'dev', 'users']);
    }
  });

  it('is the same for every locale: by code units, not by collation', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Remote-Groups', 'ä,b,Z,a,B,10,9'],
    ]);
    expect(answer.assertion?.groups).to.deep.equal(['10', '9', 'B', 'Z', 'a', 'b', 'ä']);
  });

  it('makes no difference in repeated fields and JSON', async () => {
    const repeating = await startIdentityServer({
      headers: { user: 'Remote-User', groups: 'X-Remote-Group', groupsRepeat: true },
    });
    const json = await startIdentityServer({
      headers: { user: 'Remote-User', groups: 'Remote-Groups', groupSeparator: 'json' },
    });
    try {
      const fields = ['c', 'a', 'b', 'a'].map((group) => ['X-Remote-Group', group] as const);
      const repeated = await repeating.get('/', [['Remote-User', 'alice'], ...fields]);
      const array = await json.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', '["c","a","b","a"]'],
      ]);
      expect(repeated.assertion?.groups).to.deep.equal(['a', 'b', 'c']);
      expect(array.assertion?.groups).to.deep.equal(['a', 'b', 'c']);
    } finally {
      await Promise.all([repeating.stop(), json.stop()]);
    }
  });
});
