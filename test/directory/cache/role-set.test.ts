// Roles are shared between requests, so they must be immutable.
import { expect } from 'chai';
import { roleSet } from '../../../src/directory/cache/role-set.js';

describe('role set', () => {
  it('holds roles like any set', () => {
    const roles = roleSet(['editor', 'reader', 'editor']);
    expect([...roles]).to.deep.equal(['editor', 'reader']);
    expect(roles.has('reader')).to.equal(true);
    expect(roles.has('admin')).to.equal(false);
  });

  it('cannot be changed, so that one request cannot give roles to another', () => {
    const roles = roleSet(['reader']) as Set<string>;
    expect(() => roles.add('admin')).to.throw(TypeError, /addRoles/);
    expect(() => roles.delete('reader')).to.throw(TypeError);
    expect(() => roles.clear()).to.throw(TypeError);
    expect([...roles]).to.deep.equal(['reader']);
  });

  it('is shared by users with the same roles, and is bounded', () => {
    const roles = roleSet(['editor', 'reader']);
    expect(roleSet(['editor', 'reader'])).to.equal(roles);
    expect(roleSet(['reader', 'editor'])).not.to.equal(roles);
    expect(roleSet(['editor,reader'])).not.to.equal(roles);
    for (let index = 0; index < 10_000; index += 1) roleSet([`role-${index}`]);
    expect(roleSet(['editor', 'reader'])).not.to.equal(roles);
  });

  it('is not shared further after a host has changed it against its will', () => {
    const roles = roleSet(['guest', 'viewer']) as Set<string>;
    Set.prototype.add.call(roles, 'admin');
    expect(roleSet(['guest', 'viewer']).has('admin')).to.equal(false);
  });

  it('is an array as JSON, so that a principal can be sent as it is', () => {
    expect(JSON.stringify({ roles: roleSet(['reader']) })).to.equal('{"roles":["reader"]}');
  });
});
