// Groups give exactly the roles that their mappings define.
import { expect } from 'chai';
import { configuredGroupRoles, groupsToRoles } from '../../../src/directory/resolution/role-mapping.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { GroupRoles } from '../../../src/vocabulary/types.js';

const nothing: readonly GroupRoles[] = [];

describe('groupsToRoles', () => {
  it('combines the roles that the directory and the configuration give to a group', () => {
    const mapping = groupsToRoles(
      [{ group: 'staff', roles: ['editor'] }],
      configuredGroupRoles({ staff: ['viewer', 'editor'], admins: ['admin'] }),
    );
    expect(mapping.rolesOf(['staff'])).to.deep.equal(['editor', 'viewer']);
    expect(mapping.rolesOf(['admins', 'staff'])).to.deep.equal(['admin', 'editor', 'viewer']);
  });

  it('gives nothing to a group that is spelled differently', () => {
    const mapping = groupsToRoles(nothing, configuredGroupRoles({ admins: ['admin'] }));
    for (const group of ['Admins', 'admins ', 'admin', 'adminsx', '*', '', '__proto__', 'constructor', 'toString']) {
      expect(mapping.rolesOf([group]), group).to.deep.equal([]);
    }
  });

  it('maps groups that have the names of properties of every object', () => {
    const mapping = groupsToRoles(
      [{ group: '__proto__', roles: ['odd'] }],
      configuredGroupRoles({ constructor: ['odder'] }),
    );
    expect(mapping.rolesOf(['__proto__', 'constructor'])).to.deep.equal(['odd', 'odder']);
    expect(mapping.rolesOf(['toString'])).to.deep.equal([]);
  });

  it('combines the roles of every matching pattern with those of the group itself', () => {
    const mapping = groupsToRoles(
      [
        { group: 'team-*', roles: ['member'] },
        { group: '*-eu', roles: ['european'] },
        { group: 'team-ops-eu', roles: ['operator'] },
      ],
      configuredGroupRoles({ 'team-*': ['guest'] }),
    );
    expect(mapping.rolesOf(['team-ops-eu'])).to.deep.equal(['european', 'guest', 'member', 'operator']);
    expect(mapping.rolesOf(['team-ops', 'sales-eu'])).to.deep.equal(['european', 'guest', 'member']);
    expect(mapping.rolesOf(['Team-ops'])).to.deep.equal([]);
  });

  it('has one hash for equal contents and different hashes for different contents, whatever their source', () => {
    const hash = (directory: readonly GroupRoles[], config: Record<string, string[]>) =>
      groupsToRoles(directory, configuredGroupRoles(config)).hash;
    expect(hash(nothing, { a: ['x', 'y'], b: ['z'] })).to.equal(hash(nothing, { b: ['z'], a: ['y', 'x', 'y'] }));
    expect(hash(nothing, { a: ['x', 'y'] })).to.equal(hash([{ group: 'a', roles: ['y'] }], { a: ['x'] }));
    expect(hash([{ group: 'a', roles: ['y'] }], {})).not.to.equal(hash([{ group: 'a', roles: ['x'] }], {}));
    expect(hash(nothing, { a: ['x'] })).not.to.equal(hash(nothing, { a: ['y'] }));
    expect(hash(nothing, { a: ['x'] })).not.to.equal(hash(nothing, {}));
    expect(hash(nothing, { a: ['b'] })).not.to.equal(hash(nothing, { b: ['a'] }));
  });
});

describe('configuredGroupRoles', () => {
  const refused: readonly (readonly [string, Record<string, unknown>])[] = [
    ['a role that is empty', { a: [''] }],
    ['a role with a space', { a: ['two words'] }],
    ['a role that begins with a sign', { a: ['-x'] }],
    ['a role of 65 characters', { a: ['x'.repeat(65)] }],
    ['a role that is not in NFC', { a: ['e\u0301'] }],
    ['a role that is no text', { a: [7] }],
    ['a role with a reserved name', { a: ['__proto__'] }],
    ['a list without roles', { a: [] }],
    ['a text in place of a list', { a: 'admin' }],
    ['a group without a name', { '': ['x'] }],
    ['a group with a line break', { 'a\nb': ['x'] }],
  ];
  for (const [what, groupRoles] of refused) {
    it(`refuses ${what}`, () => {
      const check = () => configuredGroupRoles(groupRoles as Record<string, string[]>);
      expect(check)
        .to.throw(LatchkeyError, /groupRoles: expected .*, saw /)
        .with.property('code', 'ERR_CONFIG');
    });
  }

  it('refuses a pattern that gives the administrator role, unless that is allowed', () => {
    const groupRoles = { 'ops-*': ['admin', 'viewer'] };
    expect(() => configuredGroupRoles(groupRoles))
      .to.throw(LatchkeyError, /expected .*administration\.allowWildcard, saw the pattern "ops-\*" with "admin"/)
      .with.property('code', 'ERR_CONFIG');
    const allowed = configuredGroupRoles(groupRoles, { role: 'admin', allowWildcard: true });
    expect(groupsToRoles(nothing, allowed).rolesOf(['ops-eu'])).to.deep.equal(['admin', 'viewer']);
    const another = configuredGroupRoles(groupRoles, { role: 'superuser', allowWildcard: false });
    expect(groupsToRoles(nothing, another).rolesOf(['ops-eu'])).to.deep.equal(['admin', 'viewer']);
    expect(() => configuredGroupRoles({ '*': ['superuser'] }, { role: 'superuser', allowWildcard: false })).to.throw();
  });

  it('accepts roles in other scripts and with the usual punctuation', () => {
    const roles = ['admin', 'read:reports', 'team/ops', 'v1.2_x-y@z', 'éditeur', '編集者', '7'];
    expect(groupsToRoles(nothing, configuredGroupRoles({ a: roles })).rolesOf(['a'])).to.have.members(roles);
  });
});
