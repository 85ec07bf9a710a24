// group-pattern: what the group of a mapping matches.
import { expect } from 'chai';
import { groupMatches } from '../../src/vocabulary/group-pattern.js';

describe('groupMatches', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['staff', ['staff'], ['Staff', 'staff ', 'staf', 'staffs', '']],
    ['team-*', ['team-', 'team-a', 'team-a-b', 'team-*'], ['team', 'Team-a', 'a-team-', 'team']],
    ['*-admins', ['-admins', 'eu-admins', 'a-admins-admins'], ['admins', 'eu-admins-x']],
    ['eu-*-admins', ['eu--admins', 'eu-de-admins', 'eu-de-nw-admins'], ['eu-admins', 'xeu-de-admins']],
    ['*', ['', 'anything', '*', '\n'], []],
    ['**', ['', 'anything'], []],
    ['a*a', ['aa', 'aba'], ['a', 'ab']],
    ['a*b*c', ['abc', 'a-b-c', 'abbcc', 'abcbc'], ['ac', 'acb', 'abcb']],
    ['*ab*ab*', ['abab', 'xabyabz'], ['ab', 'aab']],
    ['CN=*,OU=Groups', ['CN=Ops\\, EU,OU=Groups'], ['cn=Ops,OU=Groups', 'CN=Ops,OU=Group']],
    ['a.c', ['a.c'], ['abc']],
    ['a%_\\*', ['a%_\\', 'a%_\\x'], ['ab', 'a%x\\', 'a%_']],
    ['[ab]*', ['[ab]', '[ab]x'], ['a', 'b']],
    ['é*', ['é', 'élan'], ['e\u0301']],
    ['*🎵*', ['🎵', 'x🎵y'], ['\ud83c']],
  ];
  for (const [pattern, matched, others] of cases) {
    it(`has ${JSON.stringify(pattern)} match by the letter, and by * whatever is there`, () => {
      for (const group of matched) expect(groupMatches(pattern, group), group).to.equal(true);
      for (const group of others) expect(groupMatches(pattern, group), group).to.equal(false);
    });
  }

  it('looks at each character a bounded number of times, whatever the pattern', () => {
    // A backtracking matcher would need longer than the age of the universe for this.
    expect(groupMatches(`${'*a'.repeat(200)}*b`, 'a'.repeat(500))).to.equal(false);
  });
});
