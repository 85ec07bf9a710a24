// Text rules: what a name may be, what people can read, and what a filter may ask for. Every room asks here, so that a
// name which one of them takes is taken by all.

/** What is wrong with a text. `control` covers whatever breaks or reorders a line, `invisible` what shows as nothing. */
export type TextFault = 'empty' | 'too-long' | 'control' | 'invisible' | 'padded' | 'not-normalized' | 'reserved';

/** The longest texts, in Unicode code points. */
export const textLimits: Readonly<
  Record<'subject' | 'group' | 'role' | 'displayName' | 'email' | 'deviceName' | 'note' | 'search' | 'filter', number>
> = Object.freeze({
  subject: 255,
  group: 512,
  role: 64,
  displayName: 255,
  // RFC 5321 §4.5.3.1.3 allows 254.
  email: 255,
  deviceName: 64,
  note: 500,
  search: 255,
  // As long as the longest name that a database of ours may hold.
  filter: 512,
});

/** How long a label may be before it is put into NFC, which takes up to four code points for one, and blanks are removed. */
export function labelRoom(limit: number): number {
  return 8 * limit;
}

const plainAscii = /^[!-~](?:[ -~]*[!-~])?$/;

const breaksLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

const control = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}\ufeff\ufff9-\ufffb]/u;

// Format characters are unseen but for those that go around or below digits (Prepended_Concatenation_Mark). The signs by
// code are blank in every font: Braille's empty cell, the null notehead, the Khitan filler, the object replacement.
const unseen =
  /\p{Default_Ignorable_Code_Point}|(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])\p{Cf}|[\u2800\u{1d159}\u{16fe4}\ufffc]/u;

/** Anything that leaves ink of its own; marks, blanks and format characters need something to stand on. */
const ink = /[^\p{M}\p{Z}\p{Cf}]/u;

const padding = /^\p{Zs}|\p{Zs}$/u;

// The signs that end the inherent vowel in the scripts of India and their neighbours (Canonical_Combining_Class=Virama).
const virama = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0f84\u1039\u103a\u17d2\u1b44\ua9c0]`;

const joinedScripts = [
  ...['Arabic', 'Syriac', 'Mandaic', 'Mongolian', 'Nko', 'Adlam', 'Hanifi_Rohingya', 'Phags_Pa'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala'],
  ...['Myanmar', 'Khmer', 'Tibetan', 'Balinese', 'Javanese'],
]
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join('');
const joinedLetter = String.raw`(?:(?=[\p{L}\p{M}])[${joinedScripts}])`;

/** Joiners, selectors and tags that belong to a word or to an emoji: without them it would be another one. */
const belonging = new RegExp(
  [
    // Joiners inside a word (UAX #31 §2.3, RFC 5892 §A.1 and §A.2).
    String.raw`(?<=${joinedLetter})[\u200c\u200d](?=${joinedLetter})`,
    String.raw`(?<=${virama})[\u200c\u200d]`,
    // Emoji: joined ones, presentation, keycaps, and the three flags that are made of tags (UTS #51 §2).
    String.raw`(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]`,
    String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
    String.raw`(?<=\u{1f3f4})\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`,
    // Shapes of Han and Mongolian letters (UTS #37, UAX #44).
    String.raw`(?<=\p{Script=Han})[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
    String.raw`(?<=\p{Script=Mongolian})[\u180b-\u180d\u180f]`,
  ].join('|'),
  'gu',
);

// Letters of Arabic that do not join the one behind them, and those that join neither: a non-joiner there shows nothing.
const endsJoin = String.raw`[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0759-\u075b\u076b\u076c\u0771\u0773\u0774\u0778\u0779]`;
const arabicLetter = String.raw`(?:(?=\p{L})[\u0620-\u06ff\u0750-\u077f])`;

/** Joiners that change how a word looks (RFC 5892 §A.1 and §A.2): all others make two names look the same. */
const shown = new RegExp(
  String.raw`(?<=(?!${endsJoin})${arabicLetter}\p{Mn}*)\u200c(?=\p{Mn}*(?![\u0621\u0674])${arabicLetter})|(?<=${virama})[\u200c\u200d]`,
  'gu',
);

// Names that JavaScript objects bring along, and what scripts print for "nobody".
const reservedSubjects: ReadonlySet<string> = new Set(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'none', 'true', 'false'].map((name) =>
    name.toLowerCase(),
  ),
);

/** What keeps a text from being a subject, whatever pattern the host asks for. */
export function subjectFault(text: string): TextFault | undefined {
  const fault = nameFault(text, textLimits.subject);
  if (fault !== undefined) return fault;
  if (reservedSubjects.has(text.toLowerCase())) return 'reserved';
  // Stricter than what people read: two people must not look the same by what a joiner or a selector leaves as it was.
  return plainAscii.test(text) || !unseen.test(text.replace(shown, '')) ? undefined : 'invisible';
}

/** What keeps a text from being a group, or the group of a mapping. */
export function groupFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.group) ?? (text === '__proto__' ? 'reserved' : undefined);
}

/** What keeps a text from being an e-mail address to show. Whether it is one, nobody here asks. */
export function emailFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.email);
}

/**
 * What keeps a text from being a name that something is decided by. Such a name is taken as it is or not at all: it is in
 * Unicode NFC (UAX #15), has no blanks around it, and nothing in it that nobody sees.
 */
export function nameFault(text: string, limit: number): TextFault | undefined {
  if (text === '') return 'empty';
  if (isLonger(text, limit)) return 'too-long';
  if (plainAscii.test(text)) return undefined;
  const fault = unreadable(text);
  if (fault !== undefined) return fault;
  if (padding.test(text)) return 'padded';
  if (text !== text.normalize('NFC')) return 'not-normalized';
  return ink.test(text) ? undefined : 'invisible';
}

/** A label as it is kept, or what is wrong with it. */
export type ReadLabel = { readonly label: string } | { readonly fault: TextFault };

/**
 * Reads a label: what people read and nothing is decided by, such as the name of a device. What was given is checked first;
 * only then blanks around it are removed and it is put into NFC.
 */
export function readLabel(text: string, limit: number): ReadLabel {
  if (isLonger(text, labelRoom(limit))) return { fault: 'too-long' };
  const fault = unreadable(text);
  if (fault !== undefined) return { fault };
  // `trim` removes control characters, too, but here are none left.
  const label = text.trim().normalize('NFC');
  if (label === '') return { fault: 'empty' };
  if (isLonger(label, limit)) return { fault: 'too-long' };
  // Composed, a letter may have another script: a joiner that belonged to its mark belongs to nothing now.
  const composed = unreadable(label);
  if (composed !== undefined) return { fault: composed };
  return ink.test(label) ? { label } : { fault: 'invisible' };
}

/**
 * Whether a text may be asked for: one line of 1 to `limit` characters. Rows that were written under other rules, or by the
 * host itself, must still be found, so whatever else is in it passes.
 */
export function isQuestion(text: string, limit: number = textLimits.filter): boolean {
  return text !== '' && !isLonger(text, limit) && !breaksLine.test(text);
}

// Postgres refuses NUL, and drivers write U+FFFD for a lone surrogate: two subjects would meet in one row.
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether a database holds this text unaltered. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/**
 * Without the blanks of ASCII around it, which HTTP puts there: spaces and tabs (RFC 9110 §5.6.3), or those that are given.
 * Others stay: what removes them makes one name of another.
 */
export function withoutPadding(text: string, blanks = ' \t'): string {
  let [start, end] = [0, text.length];
  while (start < end && blanks.includes(text.charAt(start))) start++;
  while (end > start && blanks.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function unreadable(text: string): 'control' | 'invisible' | undefined {
  if (plainAscii.test(text)) return undefined;
  if (control.test(text)) return 'control';
  return unseen.test(text.replace(belonging, '')) ? 'invisible' : undefined;
}

function isLonger(text: string, limit: number): boolean {
  // Two code units a character at most: nothing long is taken apart.
  return text.length > 2 * limit || (text.length > limit && [...text].length > limit);
}
