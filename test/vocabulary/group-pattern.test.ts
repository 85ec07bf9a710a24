// The groups that a mapping's group or pattern matches.
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
    it(`matches ${JSON.stringify(pattern)} exactly, with * for any text`, () => {
      for (const group of matched) expect(groupMatches(pattern, group), group).to.equal(true);
      for (const group of others) expect(groupMatches(pattern, group), group).to.equal(false);
    });
  }

  it('reads each character a limited number of times, with any pattern', () => {
    // A backtracking matcher would need longer than the age of the universe for this.
    expect(groupMatches(`${'*a'.repeat(200)}*b`, 'a'.repeat(500))).to.equal(false);
  });
});
