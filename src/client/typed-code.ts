// The code that somebody types.

/** How the server's codes look: 12 characters of Crockford's base32 (the default there), or 12 digits. */
export type CodeFormat = 'base32' | 'digits';

/** What has been typed so far. */
export interface TypedCode {
  /** The code as the browser shows it, in groups: `K7QM-2P9D-XR40`. What can't be in a code is left out. */
  readonly text: string;
  /** Whether it has all its characters and can be redeemed. */
  readonly complete: boolean;
  /** Whether something was left out that was more than spaces and dashes, or that came after the last character. */
  readonly stray: boolean;
}

const alphabets: Readonly<Record<CodeFormat, string>> = {
  base32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
  digits: '0123456789',
};
const codeLength = 12;
const groupLength = 4;
// No \p{…}: not every engine of React Native knows it.
const separators = /[\s\-_.\u058a\u2010-\u2015\u2212\u30fb]/g;

/**
 * Reads what somebody typed or pasted, after each key. Case, spaces and dashes don't matter; I and L are read as 1, O
 * as 0, and full-width characters as plain ones.
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
