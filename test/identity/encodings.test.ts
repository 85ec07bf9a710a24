// Decoding of header values, and the text rules for them.
import { expect } from 'chai';
import { decodeText, type TextEncoding } from '../../src/identity/encodings.js';
import { readDisplayName, readEmail, refuseNoSubject } from '../../src/identity/values.js';
import { codeOf } from '../support/refusal.js';

const wire = (bytes: string | readonly number[]): string =>
  (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)).toString('latin1');

describe('decoding a header value', () => {
  it('reads UTF-8 that Node returns as Latin-1', () => {
    for (const text of ['alice', 'Jörg', 'Дмитрий', '李小龍', '👩‍💻', '']) {
      expect(decodeText(wire(text), 'utf-8')).to.equal(text);
    }
  });

  it('reads the other encodings', () => {
    expect(decodeText('J\xf6rg', 'latin-1')).to.equal('Jörg');
    expect(decodeText('J%C3%B6rg%20%2B1+1', 'percent')).to.equal('Jörg +1+1');
    expect(decodeText(Buffer.from('Jörg').toString('base64url'), 'base64url')).to.equal('Jörg');
    expect(decodeText('SsO2cmc=', 'base64url')).to.equal('Jörg');
  });

  it('keeps composed and decomposed characters unchanged', () => {
    for (const text of ['Jo\u0308rg', 'J\u00f6rg', '\u212aevin']) {
      expect(decodeText(wire(text), 'utf-8')).to.equal(text);
      expect(decodeText(encodeURIComponent(text), 'percent')).to.equal(text);
      expect(decodeText(Buffer.from(text).toString('base64url'), 'base64url')).to.equal(text);
    }
  });

  it('refuses bytes that are not UTF-8', () => {
    const broken = [
      [0xff],
      [0xc3],
      [0xc0, 0xaf],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xf6],
    ];
    for (const bytes of broken) {
      expect(
        codeOf(() => decodeText(wire(bytes), 'utf-8')),
        String(bytes),
      ).to.equal('ERR_HEADER_ENCODING');
      const base64 = Buffer.from(bytes).toString('base64url');
      expect(
        codeOf(() => decodeText(base64, 'base64url')),
        String(bytes),
      ).to.equal('ERR_HEADER_ENCODING');
    }
  });

  it('refuses text that is not in its encoding', () => {
    const wrong: readonly (readonly [string, TextEncoding])[] = [
      ['%zz', 'percent'],
      ['%ff', 'percent'],
      ['J\xf6rg', 'percent'],
      ['a*b', 'base64url'],
      ['a b', 'base64url'],
      ['J\u0151', 'utf-8'],
      ['J\u0151', 'latin-1'],
      ['=?utf-8?q?J=C3=B6rg?=', 'utf-8'],
      ['=?UTF-8?B?SsO2cmc=?= =?UTF-8?B?SsO2cmc=?=', 'latin-1'],
    ];
    for (const [value, encoding] of wrong) {
      expect(
        codeOf(() => decodeText(value, encoding)),
        value,
      ).to.equal('ERR_HEADER_ENCODING');
    }
  });

  it('keeps a byte order mark, which the check then refuses', () => {
    expect(codeOf(() => refuseNoSubject(decodeText(wire('\ufeffalice'), 'utf-8')))).to.equal('ERR_HEADER_CONTROL');
  });

  it('does not quote the value in its error', () => {
    try {
      decodeText('%zz-geheim', 'percent');
    } catch (error) {
      expect((error as Error).message).to.equal('An identity header is not valid text');
      expect((error as Error).cause).to.equal(undefined);
    }
  });
});

describe('a display name', () => {
  const read = (text: string) => readDisplayName(wire(text), 'utf-8');

  it('can be any person’s name', () => {
    for (const text of [
      '',
      'Alice',
      "Seán O'Brien-Łukasz",
      'Nan',
      'x'.repeat(255),
      'אבג',
      '🙂',
      'a - b',
      '{A1-B2}',
      'علی\u200cرضا',
      '山田\u3000太郎',
    ]) {
      expect(read(text), text).to.deep.equal({ value: text });
    }
  });

  it('is normalized to NFC after the check', () => {
    expect(read('Jo\u0308rg\u00a0')).to.deep.equal({ value: 'J\u00f6rg' });
  });

  it('is left out when it breaks or reorders a line, or is invisible', () => {
    for (const code of [
      ...[0, 9, 10, 13, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff, 0xfff9, 0xfffe],
      ...[0x200e, 0x200f, 0x061c],
    ]) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(read(text), code.toString(16)).to.deep.equal({ code: 'ERR_HEADER_CONTROL' });
    }
    for (const code of [0x200b, 0x3164, 0x2800, 0xad, 0xfe0f]) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(read(text), code.toString(16)).to.deep.equal({ code: 'ERR_USER_PROFILE' });
    }
  });

  it('is left out when it is too long, a placeholder, or broken', () => {
    expect(read('x'.repeat(256))).to.deep.equal({ code: 'ERR_HEADER_TOO_LONG' });
    expect(read('Null')).to.deep.equal({ code: 'ERR_HEADER_PLACEHOLDER' });
    expect(read('null\u00a0')).to.deep.equal({ code: 'ERR_HEADER_PLACEHOLDER' });
    expect(read('\u00a0')).to.deep.equal({ code: 'ERR_USER_PROFILE' });
    expect(readDisplayName('J\xf6rg', 'utf-8')).to.deep.equal({ code: 'ERR_HEADER_ENCODING' });
  });
});

describe('an email address', () => {
  const read = (text: string) => readEmail(wire(text), 'utf-8');

  it('is kept unchanged, or left out', () => {
    for (const text of ['', 'alice@example.com', 'jörg@example.com', 'x'.repeat(255)]) {
      expect(read(text)).to.deep.equal({ value: text });
    }
    for (const [text, code] of [
      ['\u212aevin@example.com', 'ERR_USER_PROFILE'],
      ['alice@example.com\u00a0', 'ERR_USER_PROFILE'],
      ['alice\u200b@example.com', 'ERR_USER_PROFILE'],
      ['-', 'ERR_HEADER_PLACEHOLDER'],
      ['(null)', 'ERR_HEADER_PLACEHOLDER'],
      ['x'.repeat(256), 'ERR_HEADER_TOO_LONG'],
    ] as const) {
      expect(read(text), text).to.deep.equal({ code });
    }
  });
});

describe('a subject of any pattern', () => {
  it('is refused with the code of its fault', () => {
    for (const [text, code] of [
      ['x'.repeat(256), 'ERR_HEADER_TOO_LONG'],
      ['a\tb', 'ERR_HEADER_CONTROL'],
      ['a\ud800b', 'ERR_HEADER_CONTROL'],
      ['a\u202eb', 'ERR_HEADER_CONTROL'],
      ['(null)', 'ERR_HEADER_PLACEHOLDER'],
      ['a\u200bb', 'ERR_SUBJECT_INVALID'],
      ['\u2800', 'ERR_SUBJECT_INVALID'],
      ['__proto__', 'ERR_SUBJECT_INVALID'],
      ['a\u00a0', 'ERR_SUBJECT_INVALID'],
    ] as const) {
      expect(
        codeOf(() => refuseNoSubject(text)),
        text,
      ).to.equal(code);
    }
  });
});
