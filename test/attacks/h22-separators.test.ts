// H22: a group's name contains the separator, and becomes two groups.
import { expect } from 'chai';
import type { HeaderLoginOn } from '../../src/identity/identify.js';
import { startIdentityServer } from '../support/identity-server.js';

const groupsOf = async (headers: HeaderLoginOn['headers'], name: string, value: string) => {
  const server = await startIdentityServer({ headers });
  try {
    const user = headers === 'authentik' ? 'X-Authentik-Username' : 'Remote-User';
    const answer = await server.get('/', [
      [user, 'alice'],
      [name, value],
    ]);
    return answer.assertion?.groups ?? answer.code;
  } finally {
    await server.stop();
  }
};
const custom = (groupSeparator: string) => ({ user: 'Remote-User', groups: 'Remote-Groups', groupSeparator });

describe('H22: separators inside group names', () => {
  it("split only at the preset's own separator", async () => {
    expect(await groupsOf('authentik', 'X-Authentik-Groups', 'Night, shift|users')).to.deep.equal([
      'Night, shift',
      'users',
    ]);
    expect(await groupsOf(custom('; '), 'Remote-Groups', 'a,b; c;d|e')).to.deep.equal(['a,b', 'c;d|e']);
  });

  it('never make groups of the parts of an LDAP name', async () => {
    const name = 'CN=x\\,CN=admins,OU=groups,DC=example,DC=com';
    expect(await groupsOf('authelia', 'Remote-Groups', name)).to.equal('ERR_GROUPS_FORMAT');
    expect(await groupsOf(custom('dn'), 'Remote-Groups', name)).to.deep.equal([name]);
    for (const cut of ['CN=Admins,DC=ex', 'CN=Admins,OU=groups', 'admins, dc = ex']) {
      expect(await groupsOf('authelia', 'Remote-Groups', cut), cut).to.equal('ERR_GROUPS_FORMAT');
    }
  });

  it('do not end an LDAP name if they are escaped or quoted', async () => {
    for (const name of ['CN=x\\,DC=ex\\,CN=Admins,DC=ex', 'CN="x,DC=ex,CN=Admins",DC=ex', 'CN=x\\;CN=Admins,DC=ex']) {
      expect(await groupsOf(custom('dn'), 'Remote-Groups', name), name).to.deep.equal([name]);
    }
  });

  it('split a list of LDAP names only after the names’ suffix, with every separator', async () => {
    const [admins, users] = ['CN=Admins,OU=g,DC=ex,DC=com', 'CN=Users,DC=ex,DC=com'];
    for (const separator of [',', ';', ' ; ']) {
      const parsed = await groupsOf(custom('dn'), 'Remote-Groups', `${users}${separator}${admins}`);
      expect(parsed, separator).to.deep.equal([admins, users]);
    }
    expect(await groupsOf(custom('dn'), 'Remote-Groups', `${users},admins`)).to.equal('ERR_GROUPS_FORMAT');
    expect(await groupsOf(custom('dn'), 'Remote-Groups', 'CN="x,DC=ex,CN=Admins,DC=ex')).to.equal('ERR_GROUPS_FORMAT');
    expect(await groupsOf(custom('dn'), 'Remote-Groups', `${users};DC=ex`)).to.equal('ERR_GROUPS_FORMAT');
  });

  it('are harmless in JSON, where any value except an array of strings is refused', async () => {
    expect(await groupsOf(custom('json'), 'Remote-Groups', '["a,b","c|d;e"]')).to.deep.equal(['a,b', 'c|d;e']);
    for (const value of ['admins', '{"admins":true}', '["a",["admins"]]', '["a",""]', '"admins"']) {
      expect(await groupsOf(custom('json'), 'Remote-Groups', value), value).to.equal('ERR_GROUPS_FORMAT');
    }
  });
});
