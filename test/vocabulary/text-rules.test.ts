// The rules for names, labels and searched text.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  emailFault,
  groupFault,
  isQuestion,
  isStorable,
  nameFault,
  readLabel,
  subjectFault,
  withoutPadding,
} from '../../src/vocabulary/text-rules.js';
import { anyText } from '../support/texts.js';

const england = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}';
const label = (text: string) => readLabel(text, 64);
const hex = (text: string) => [...text].map((sign) => sign.codePointAt(0)?.toString(16)).join(' ');

describe('a label', () => {
  it('can be any ordinary text, including joiners and selectors that belong to a word or an emoji', () => {
    for (const text of [
      ...['Pixel 8', 'Anna’s iPhone', 'Größe', '한국어', '山田\u3000太郎', 'שלום', 'עם ישראל', '٣ أجهزة'],
      ...['می\u200cخواهم', 'خانه\u200cای', 'क्\u200dष', 'ශ්\u200dරී ලංකා', 'অবর\u200dয'.normalize('NFC'), 'അവന്\u200d'],
      ...['👩‍💻 Pixel', '👩🏽‍🚀', '❤️', '☎︎', '1️⃣', '🏳️‍🌈', england, '🇩🇪', '葛\u{e0100}城', 'ᠭ\u180bᠠ', '\u06ddab'],
    ]) {
      expect(label(text), `${text} ${hex(text)}`).to.deep.equal({ label: text });
    }
  });

  it('contains nothing invisible', () => {
    for (const sign of [
      ...['\u3164', '\u2800', '\u115f', '\u1160', '\uffa0', '\u200b', '\u2060', '\u00ad', '\u034f', '\u180e', '\u17b4'],
      ...['\ufe0f', '\ufe0e', '\u{e0100}', '\u{e0061}', '\u{e0001}', '\u200c', '\u200d', '\u{1d159}', '\u{1d173}'],
      ...['\u{13430}', '\u{1bca0}', '\ufffc', '\u{16fe4}'],
    ]) {
      for (const text of [sign, `a${sign}`, `${sign}a`, `a${sign}b`, ` ${sign} `]) {
        expect(label(text), hex(text)).to.deep.equal({ fault: 'invisible' });
      }
    }
    for (const text of ['\u0301', '\u0301 \u0308']) expect(label(text)).to.deep.equal({ fault: 'invisible' });
    for (const text of ['', ' ', '\u00a0\u3000']) expect(label(text)).to.deep.equal({ fault: 'empty' });
  });

  it('contains joiners, selectors and tags only where they belong', () => {
    for (const text of [
      ...['ali\u200dce', 'ali\u200cce', 'علی\u200c', '\u200cعلی', 'علی \u200cرضا', '1\u200d2', '👩\u200d', '\u200d💻'],
      ...[
        '👩\u200d\u200d💻',
        'a\ufe0f',
        '1\ufe0f',
        '❤\ufe0f\ufe0f',
        '\u{1f3f4}\u{e0061}\u{e0062}\u{e007f}',
        `a${england.slice(2)}`,
      ],
    ]) {
      expect(label(text), hex(text)).to.deep.equal({ fault: 'invisible' });
    }
  });

  it('never breaks or reorders a line', () => {
    for (const sign of [
      ...['\0', '\t', '\n', '\r', '\x1b', '\x7f', '\u0085', '\u009b', '\u2028', '\u2029', '\ud800', '\udfff', '\ufffe'],
      ...['\u200e', '\u200f', '\u061c', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2069', '\ufeff'],
      ...['\ufff9'],
    ]) {
      for (const text of [`a${sign}b`, `${sign}a`, `a${sign}`]) {
        expect(label(text), hex(text)).to.deep.equal({ fault: 'control' });
      }
    }
  });

  it('is checked first, and then trimmed, normalized to NFC and measured', () => {
    expect(label(' Jo\u0308rg\u00a0')).to.deep.equal({ label: 'J\u00f6rg' });
    expect(label('e\u0301'.repeat(64))).to.deep.equal({ label: '\u00e9'.repeat(64) });
    expect(label('e\u0301'.repeat(65))).to.deep.equal({ fault: 'too-long' });
    expect(label('🙂'.repeat(64))).to.deep.equal({ label: '🙂'.repeat(64) });
    expect(label('x'.repeat(65))).to.deep.equal({ fault: 'too-long' });
    expect(label(`${' '.repeat(10_000)}x`)).to.deep.equal({ fault: 'too-long' });
  });

  it('stays the same if it is read again', () => {
    expect(label('o\u0308\u200d\u0645')).to.have.property('fault');
    fc.assert(
      fc.property(anyText, (text) => {
        const read = label(text);
        if ('label' in read) expect(label(read.label)).to.deep.equal(read);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a name', () => {
  it('is accepted unchanged, or refused', () => {
    for (const [text, fault] of [
      ['', 'empty'],
      ['x'.repeat(65), 'too-long'],
      ['🙂'.repeat(65), 'too-long'],
      [' a', 'padded'],
      ['a\u00a0', 'padded'],
      ['\u3000a', 'padded'],
      ['\u212aevin', 'not-normalized'],
      ['jo\u0308rg', 'not-normalized'],
      ['x\u037eadmins', 'not-normalized'],
      ['\ufeffa', 'control'],
      ['a\u200eb', 'control'],
      ['\u2800', 'invisible'],
      ['\u0301', 'invisible'],
    ] as const) {
      expect(nameFault(text, 64), hex(text)).to.equal(fault);
    }
    for (const text of ['a', 'x'.repeat(64), '🙂'.repeat(64), 'a b', 'a\u3000b', '👩‍👩‍👧', 'می\u200cخواهم', '*']) {
      expect(nameFault(text, 64), text).to.equal(undefined);
    }
  });

  it('of a group or subject is not a reserved one, and of a subject not a placeholder', () => {
    expect(groupFault('__proto__')).to.equal('reserved');
    expect(groupFault('constructor')).to.equal(undefined);
    for (const text of ['__proto__', 'constructor', 'toString', 'None', 'TRUE']) {
      expect(subjectFault(text), text).to.equal('reserved');
    }
    expect([groupFault('x'.repeat(512)), groupFault('x'.repeat(513))]).to.deep.equal([undefined, 'too-long']);
    expect([subjectFault('x'.repeat(255)), subjectFault('x'.repeat(256))]).to.deep.equal([undefined, 'too-long']);
    expect([emailFault('x'.repeat(255)), emailFault('x'.repeat(256))]).to.deep.equal([undefined, 'too-long']);
  });

  it('of a subject contains a joiner only where it is visible', () => {
    for (const text of ['علی\u200cرضا', 'خانه\u200cای', 'نَ\u200cم', 'क्\u200dष', 'ශ්\u200dරී']) {
      expect(subjectFault(text), hex(text)).to.equal(undefined);
    }
    // After an alef or a reh, the letters are separate even without a joiner.
    for (const text of ['دا\u200cر', 'کار\u200cگر', 'علی\u200dرضا', '葛\u{e0100}', '❤\ufe0f', 'ᠭ\u180bᠠ']) {
      expect(subjectFault(text), hex(text)).to.equal('invisible');
      expect(groupFault(text), hex(text)).to.equal(undefined);
    }
  });

  it('is never normalized or blank, and never reorders text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (groupFault(text) !== undefined) {
          // The rules for subjects are stricter than those for groups, so every subject can be filtered by and shown.
          expect(subjectFault(text), hex(text)).to.not.equal(undefined);
          return;
        }
        expect(text).to.equal(text.normalize('NFC')).and.equal(text.trim());
        expect(text).to.not.match(/\p{Bidi_Control}|[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u2800\u3164]/u);
        expect(readLabel(text, 512)).to.deep.equal({ label: text });
        expect(isQuestion(text) && isStorable(text)).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a question', () => {
  it('is any single line, so that rows from earlier rules can be found', () => {
    for (const text of [
      ' a ',
      '\u212aevin',
      'jo\u0308rg',
      '\u200b',
      '\u3164',
      'a\u202eb',
      '__proto__',
      'x'.repeat(512),
    ]) {
      expect(isQuestion(text), hex(text)).to.equal(true);
    }
    for (const text of ['', 'a\0', 'a\nb', '\u2028', '\ud800', 'x'.repeat(513), 'x'.repeat(100_000)]) {
      expect(isQuestion(text), hex(text.slice(0, 4))).to.equal(false);
    }
  });
});

describe('padding', () => {
  it('consists of ASCII whitespace only', () => {
    expect(withoutPadding(' \ta b\t ')).to.equal('a b');
    expect(withoutPadding(' \t ')).to.equal('');
    expect(withoutPadding('\na\r', ' \t\r\n')).to.equal('a');
    for (const text of ['\u00a0a', 'a\u3000', '\ufeffa', '\na', 'a\u2028', '\x0ba']) {
      expect(withoutPadding(` ${text} `), hex(text)).to.equal(text);
    }
  });
});
