// Two assertions share a digest only if they are equal.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { assertionDigest } from '../../../src/directory/resolution/assertion-digest.js';
import type { Assertion } from '../../../src/vocabulary/types.js';

describe('assertionDigest', () => {
  it('is the same for equal assertions, whatever the order of their fields', () => {
    const one: Assertion = { subject: 'alice', email: 'a@example.com', groups: ['a', 'b'] };
    const other: Assertion = { groups: ['a', 'b'], email: 'a@example.com', subject: 'alice' };
    expect(assertionDigest(one)).to.equal(assertionDigest(other));
  });

  it('is the SHA-256 of the fields with their lengths', () => {
    const digest = createHash('sha256').update('5:alice5:Alice-1;6:admins').digest('binary');
    expect(assertionDigest({ subject: 'alice', displayName: 'Alice', groups: ['admins'] })).to.equal(digest);
  });

  const different: readonly (readonly [string, Assertion, Assertion])[] = [
    ['an absent name from an empty one', { subject: 'a' }, { subject: 'a', displayName: '' }],
    ['absent groups from none', { subject: 'a' }, { subject: 'a', groups: [] }],
    ['no groups from one without a name', { subject: 'a', groups: [] }, { subject: 'a', groups: [''] }],
    ['a name from an e-mail address', { subject: 'a', displayName: 'x' }, { subject: 'a', email: 'x' }],
    ['one group with a comma from two', { subject: 'a', groups: ['b,c'] }, { subject: 'a', groups: ['b', 'c'] }],
    ['parts that are shifted', { subject: 'ab', displayName: 'c' }, { subject: 'a', displayName: 'bc' }],
    ['a name that imitates a length', { subject: '1:a1:b' }, { subject: 'a', displayName: 'b' }],
    ['lone surrogates', { subject: 'a\ud800' }, { subject: 'a\ud801' }],
    ['a lone surrogate from its replacement', { subject: 'a\ud800' }, { subject: 'a\ufffd' }],
  ];
  for (const [what, one, other] of different) {
    it(`distinguishes ${what}`, () => {
      expect(assertionDigest(one)).not.to.equal(assertionDigest(other));
    });
  }

  it('is different for any two of many assertions made of ambiguous parts', () => {
    const parts = [undefined, '', '-', '1:', ':', '1:-', ';', '0;'];
    const groups = [undefined, [], [''], ['-'], ['', '-'], ['1:']];
    const seen = new Set<string>();
    let count = 0;
    for (const subject of ['', '-', '1:', '0:-', '2:1:']) {
      for (const displayName of parts) {
        for (const email of parts) {
          for (const some of groups) {
            seen.add(
              assertionDigest({
                subject,
                ...(displayName === undefined ? {} : { displayName }),
                ...(email === undefined ? {} : { email }),
                ...(some === undefined ? {} : { groups: some }),
              }),
            );
            count += 1;
          }
        }
      }
    }
    expect(seen.size).to.equal(count);
  });
});
