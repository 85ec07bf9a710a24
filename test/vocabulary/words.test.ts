// The helpers for the lists of words.
import { expect } from 'chai';
import { alternatives, isOneOf } from '../../src/vocabulary/words.js';

describe('isOneOf', () => {
  it('accepts each word of the list', () => {
    expect(['ignore', 'refuse'].filter((word) => isOneOf(['ignore', 'refuse'], word))).to.have.length(2);
  });

  it('refuses other texts and other values', () => {
    for (const value of [
      '',
      'IGNORE',
      'ignore ',
      'length',
      '0',
      0,
      undefined,
      null,
      ['ignore'],
      { ignore: 'ignore' },
    ]) {
      expect(isOneOf(['ignore', 'refuse'], value), String(value)).to.equal(false);
    }
  });
});

describe('alternatives', () => {
  it('lists words for an error message', () => {
    expect(alternatives(['ignore'])).to.equal("'ignore'");
    expect(alternatives(['ignore', 'refuse', 'pass'])).to.equal("'ignore' or 'refuse' or 'pass'");
  });
});
