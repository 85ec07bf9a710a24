// The check of subjects.
import { expect } from 'chai';
import { subjectCheck } from '../../src/identity/subject.js';
import { codeOf } from '../support/refusal.js';

describe('subjects', () => {
  const check = subjectCheck(undefined);

  it('accept what proxies send as user names', () => {
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
      '-aB3_xYz9-0',
      '_aB3-',
      '+4917612345678',
      'D\u2019Angelo',
      'WORKSTATION$',
      'HOST$@EXAMPLE.COM',
      'EXAMPLE\\WORKSTATION$',
      'Doe, John',
      'uid=jdoe,ou=people,dc=example,dc=org',
      'CN=Doe\\, John,OU=Users,DC=example,DC=com',
      'https://idp.example/idp!https://sp.example/sp!84e411ea-7daa-4a57',
      'علی\u200cرضا',
      'ශ්\u200dරී',
      'क्\u200cष',
    ]) {
      check(subject);
    }
  });

  it('must not be empty, padded, markup, without a letter or digit, or start with other punctuation', () => {
    for (const subject of [
      '',
      ' ',
      ' alice',
      'alice ',
      'a  b',
      'alice,',
      ',alice',
      'alice,,admin',
      'alice , ',
      'a;b',
      '--',
      '+',
      '_',
      'ho$st',
      'host$ ',
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

  it('must not contain invisible characters', () => {
    const anything = subjectCheck(/.+/u);
    for (const subject of [
      ...['ali\u200bce', 'alice\u3164', 'alice\u00ad', 'ali\u200dce', 'a\u034fb', 'alice\ufe0f', '\u2800', '\u115f'],
      ...['alice\u2800', 'a\u{e0061}', '葛\u{e0100}', 'ali\u200cce', 'دا\u200cر', 'علی\u200c', '\u200cعلی', '1\u200c2'],
    ]) {
      for (const by of [check, anything]) {
        expect(
          codeOf(() => by(subject)),
          JSON.stringify(subject),
        ).to.equal('ERR_SUBJECT_INVALID');
      }
    }
  });

  it('must match a configured pattern as a whole', () => {
    const short = subjectCheck(/[a-z]{3}|[0-9]+/i);
    for (const subject of ['abc', 'ABC', '1234']) short(subject);
    for (const subject of ['abcd', 'abc1', 'x abc', '12a', '']) {
      expect(
        codeOf(() => short(subject)),
        subject,
      ).to.equal('ERR_SUBJECT_INVALID');
    }
  });

  it('are never reserved names, whatever the pattern', () => {
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

  it('throw at startup for patterns that do not decide the same way each time, or that match an empty subject', () => {
    for (const pattern of [/a/g, /a/y, /a/m, /a*/, /|a/, 'a', null, {}]) {
      expect(
        codeOf(() => subjectCheck(pattern)),
        String(pattern),
      ).to.equal(pattern === null ? 'ERR_CONFIG' : 'ERR_CONFIG');
    }
  });
});
