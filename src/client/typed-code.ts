// Parses and formats the code that the user types into the app.

/** The format of the server's codes: 12 characters of Crockford's base32 (the server's default), or 12 digits. */
export type CodeFormat = 'base32' | 'digits';

/** The code as typed so far. */
export interface TypedCode {
  /**
   * The code in groups of four characters, as the browser shows it: `K7QM-2P9D-XR40`. Characters that are invalid in a
   * code are omitted.
   */
  readonly text: string;
  /** `true` if the code has all of its characters and can be redeemed. */
  readonly complete: boolean;
  /**
   * `true` if characters were omitted because they are invalid or because the code is full. Spaces and separators do
   * not count.
   */
  readonly stray: boolean;
}

const alphabets: Readonly<Record<CodeFormat, string>> = {
  base32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
  digits: '0123456789',
};
const codeLength = 12;
const groupLength = 4;
// The pattern does not use `\p{…}`, because some JavaScript engines of React Native do not support that syntax.
const separators = /[\s\-_.\u058a\u2010-\u2015\u2212\u30fb]/g;

/**
 * Parses the text that the user typed or pasted. Call this function after each key press. Case, spaces and dashes do
 * not matter. I and L are read as 1, O is read as 0, and full-width characters are read as plain ones.
 *
 * @example
 * import { typedCode } from 'latchkey/client';
 * const code = typedCode('k7qm2p9dxr4o'); // { text: 'K7QM-2P9D-XR40', complete: true, … }
 * if (code.complete) await music.redeem({ issuer: 'https://music.example.com/api/auth', code: code.text });
 */
export function typedCode(text: string, format: CodeFormat = 'base32'): TypedCode {
  const plain = text.normalize('NFKC').replace(separators, '').toUpperCase().replace(/[IL]/g, '1').replace(/O/g, '0');
  const characters = [...plain].filter((character) => alphabets[format].includes(character));
  const kept = characters.slice(0, codeLength);
  const groups: string[] = [];
  for (let start = 0; start < kept.length; start += groupLength) {
    groups.push(kept.slice(start, start + groupLength).join(''));
  }
  return { text: groups.join('-'), complete: kept.length === codeLength, stray: kept.length < [...plain].length };
}
