// test/identity: which names may stand for a person.
import { expect } from 'chai';
import { subjectCheck } from '../../src/identity/subject.js';
import { codeOf } from '../support/refusal.js';

describe('subjects', () => {
  const check = subjectCheck(undefined);

  it('may be what proxies send as user names', () => {
    for (const subject of [
      'alice',
      'Alice.Smith-2',
      'alice@example.com',
      'alice+tag@example.com',
      'EXAMPLE\\alice',
      'auth0|5f7c8ec7c33c6c004bbafe82',
      'accounts.google.com:1234',
      'https://idp.example/users/7',
      'a1b2c3d4-0000-4000-8000-000000000000',
      '_service',
      'Alice Smith',
      "o'brien",
      'jörg',
      'дмитрий',
      '李小龍',
      '0',
    ]) {
      check(subject);
    }
  });

  it('may not be empty, padded, a list, markup, or begin with punctuation', () => {
    for (const subject of [
      '',
      ' ',
      ' alice',
      'alice ',
      'a  b',
      'alice, admin',
      'alice,admin',
      'a;b',
      'a"b',
      'a<b>',
      '(x)',
      '.x',
      '*',
    ]) {
      expect(
        codeOf(() => check(subject)),
        subject,
      ).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('may not hold characters that show as nothing', () => {
    for (const subject of ['ali\u200bce', 'alice\u3164', 'alice\u00ad', 'ali\u200dce', 'a\u034fb']) {
      expect(
        codeOf(() => check(subject)),
        subject,
      ).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('match a configured pattern as a whole', () => {
    const short = subjectCheck(/[a-z]{3}|[0-9]+/i);
    for (const subject of ['abc', 'ABC', '1234']) short(subject);
    for (const subject of ['abcd', 'abc1', 'x abc', '12a', '']) {
      expect(
        codeOf(() => short(subject)),
        subject,
      ).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('are reserved names under no pattern', () => {
    const anything = subjectCheck(/.+/);
    anything('CN=Alice, O=Example');
    for (const subject of [
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'HASOWNPROPERTY',
      'prototype',
      'none',
      'True',
    ]) {
      expect(
        codeOf(() => anything(subject)),
        subject,
      ).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('throw at start for patterns that would not decide alike each time, or take nothing for somebody', () => {
    for (const pattern of [/a/g, /a/y, /a/m, /a*/, /|a/, 'a', null, {}]) {
      expect(
        codeOf(() => subjectCheck(pattern)),
        String(pattern),
      ).to.equal(pattern === null ? 'ERR_CONFIG' : 'ERR_CONFIG');
    }
  });
});
