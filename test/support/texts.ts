// Texts for fast-check: characters that people write, invisible ones, broken ones, and ones that normalization changes.
import fc from 'fast-check';

const seen = [
  ...['a', 'K', 'alice', '7', '_', '.', '@', '-', ',', ';', '$', '’', '\\', '=', '*', '"', '<'],
  ...[
    'é',
    'ß',
    'Ω',
    'я',
    'א',
    '한',
    '漢',
    '葛\u{e0100}',
    'ノ',
    'علی',
    'می\u200cخواهم',
    'क्\u200dष',
    'ශ්\u200dරී',
    '\u0600',
  ],
  ...['🙂', '👩‍💻', '👍🏽', '❤️', '1️⃣', '🇩🇪', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
];
const blank = [' ', '  ', '\u00a0', '\u3000', '\u2003', '\u202f'];
const unseen = [
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u034f', '\u115f', '\u1160', '\u3164', '\uffa0'],
  ...['\u2800', '\ufe0e', '\ufe0f', '\u{e0061}', '\u{e007f}', '\u{e0100}', '\u180b', '\u180e', '\u{1d159}', '\ufffc'],
  ...['\u200e', '\u200f', '\u061c', '\u202a', '\u202e', '\u2066', '\u2069'],
];
const broken = ['\0', '\t', '\n', '\r', '\x1b', '\x7f', '\u0085', '\u2028', '\u2029', '\ud800', '\udc00', '\ufffe'];
const rewritten = ['\u212a', '\u037e', '\u2126', 'e\u0301', 'o\u0308', '\u0301', '\uf900', '\u0958'];

/** Short texts, of which some are valid names and others only look like names. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: joined(seen, seen, seen, seen, blank, unseen, rewritten) },
  { weight: 2, arbitrary: joined(seen, unseen, broken, blank, rewritten) },
  { weight: 2, arbitrary: joined(seen, seen, blank) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(...['null', '(null)', '-', '__proto__', 'constructor', '$x', '']) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 600 }).map((length) => '漢'.repeat(length)) },
);

function joined(...palettes: readonly (readonly string[])[]): fc.Arbitrary<string> {
  const one = fc.oneof(...palettes.map((palette) => fc.constantFrom(...palette)));
  return fc.array(one, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
}
