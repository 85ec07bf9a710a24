// test/identity: header values to text, and what no text may hold.
import { expect } from 'chai';
import { checkText, decodeText, type TextEncoding, textLimit } from '../../src/identity/encodings.js';
import { codeOf } from '../support/refusal.js';

const wire = (bytes: string | readonly number[]): string =>
  (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)).toString('latin1');

describe('decoding a header value', () => {
  it('reads UTF-8 that came as latin-1', () => {
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

  it('gives one form of composed characters', () => {
    expect(decodeText(wire('Jo\u0308rg'), 'utf-8')).to.equal('J\u00f6rg');
    expect(decodeText('Jo%CC%88rg', 'percent')).to.equal('J\u00f6rg');
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
    expect(codeOf(() => checkText(decodeText(wire('\ufeffalice'), 'utf-8')))).to.equal('ERR_HEADER_CONTROL');
  });

  it('does not tell in its error what came', () => {
    try {
      decodeText('%zz-geheim', 'percent');
    } catch (error) {
      expect((error as Error).message).to.equal('An identity header is not valid text');
      expect((error as Error).cause).to.equal(undefined);
    }
  });
});

describe('checking text', () => {
  it('takes names of people', () => {
    for (const text of [
      '',
      'Alice',
      "Seán O'Brien-Łukasz",
      'Nan',
      'x'.repeat(textLimit),
      'אבג',
      '🙂',
      'a - b',
      '{A1-B2}',
    ]) {
      checkText(text);
    }
  });

  it('refuses control characters and what reorders lines', () => {
    for (const code of [
      0, 9, 10, 13, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff, 0xfff9, 0xfffe, 0xd800,
    ]) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(
        codeOf(() => checkText(text)),
        code.toString(16),
      ).to.equal('ERR_HEADER_CONTROL');
    }
  });

  it('refuses what is too long', () => {
    expect(codeOf(() => checkText('x'.repeat(textLimit + 1)))).to.equal('ERR_HEADER_TOO_LONG');
  });
});
