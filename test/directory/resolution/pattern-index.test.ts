// The index of patterns finds what `groupMatches` finds, and compares each group with few patterns.
import { expect } from 'chai';
import fc from 'fast-check';
import { patternIndex } from '../../../src/directory/resolution/pattern-index.js';
import { configuredGroupRoles, groupsToRoles, matchesOf } from '../../../src/directory/resolution/role-mapping.js';
import { groupMatches } from '../../../src/vocabulary/group-pattern.js';

describe('the index of patterns', () => {
  const indexOf = (patterns: readonly string[]) => patternIndex(patterns.map((pattern) => [pattern, pattern] as const));

  it('finds the same patterns as a comparison with each of them', () => {
    const characters = fc.constantFrom('a', 'b', '*', '-', '😀');
    const texts = fc.string({ unit: characters, minLength: 1, maxLength: 8 });
    const patterns = fc.uniqueArray(texts.map((text) => `${text}*`));
    fc.assert(
      fc.property(patterns, fc.array(texts), fc.uniqueArray(texts), (ending, groups, any) => {
        const all = [...new Set([...ending, ...any.filter((text) => text.includes('*')), '*', '**'])];
        const index = indexOf(all);
        for (const group of [...groups, ...all]) {
          const expected = all.filter((pattern) => groupMatches(pattern, group));
          expect([...index.matches(group)].sort(), group).to.deep.equal(expected.sort());
        }
      }),
      { numRuns: 500 },
    );
  });

  const many = 10_000;
  for (const [what, pattern] of [
    ['begin with different texts', (n: number) => `team-${n}-*`],
    ['end with different texts', (n: number) => `*-team-${n}`],
    ['have a * in the middle', (n: number) => `team-${n}-*-europe`],
  ] as const) {
    it(`compares a group with at most three of ${many} patterns that ${what}`, () => {
      const index = indexOf(Array.from({ length: many }, (_, n) => pattern(n)));
      for (const n of [0, 7, 123, 9999]) {
        const group = pattern(n).replace('*', 'x');
        expect(index.matches(group)).to.deep.equal([pattern(n)]);
        expect(index.compared(group)).to.be.at.most(3);
      }
      expect(index.compared('another-group')).to.equal(0);
    });
  }

  it('is what roles and explanations use', () => {
    const configured = configuredGroupRoles({ 'team-*': ['viewer'], staff: ['reader'] });
    const groupRoles = [
      { group: '*-leads', roles: ['lead'] },
      { group: 'staff', roles: ['reader', 'writer'] },
      { group: 'team-*', roles: ['editor'] },
      { group: 'nobody-*', roles: ['ghost'] },
    ];
    const groups = ['team-red-leads', 'staff', 'other'];
    expect(groupsToRoles(groupRoles, configured).rolesOf(groups)).to.deep.equal([
      ...['editor', 'lead', 'reader', 'viewer', 'writer'],
    ]);
    expect(
      matchesOf(groupRoles, configured, groups).map(({ group, source, matched }) => [group, source, ...matched]),
    ).to.deep.equal([
      ['*-leads', 'directory', 'team-red-leads'],
      ['staff', 'directory', 'staff'],
      ['staff', 'configuration', 'staff'],
      ['team-*', 'directory', 'team-red-leads'],
      ['team-*', 'configuration', 'team-red-leads'],
    ]);
  });
});
