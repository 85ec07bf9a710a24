// Text rules: which names are valid, which labels are readable, and which search texts are accepted. All modules use
// these rules, so that they all accept the same names.

/**
 * Why a text is rejected. `control` covers characters that break or reorder a line, `invisible` characters that are not
 * visible.
 */
export type TextFault = 'empty' | 'too-long' | 'control' | 'invisible' | 'padded' | 'not-normalized' | 'reserved';

/** The maximum lengths of texts, in Unicode code points. */
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
  // As long as the longest name that the databases store.
  filter: 512,
});

/**
 * The maximum length of a label before normalization. NFC turns up to four code points into one, and surrounding blanks
 * are removed.
 */
export function labelRoom(limit: number): number {
  return 8 * limit;
}

const plainAscii = /^[!-~](?:[ -~]*[!-~])?$/;

const breaksLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

const control = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}\ufeff\ufff9-\ufffb]/u;

// Format characters are invisible, except those that enclose or underline digits (Prepended_Concatenation_Mark). The
// characters given by code point are blank in every font: the empty Braille cell, the null notehead, the Khitan filler,
// the object replacement character.
const unseen =
  /\p{Default_Ignorable_Code_Point}|(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])\p{Cf}|[\u2800\u{1d159}\u{16fe4}\ufffc]/u;

/** Any character that is visible by itself. Marks, blanks and format characters are not. */
const ink = /[^\p{M}\p{Z}\p{Cf}]/u;

const padding = /^\p{Zs}|\p{Zs}$/u;

// Signs that suppress the inherent vowel in Indic and neighboring scripts (Canonical_Combining_Class=Virama).
const virama = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0f84\u1039\u103a\u17d2\u1b44\ua9c0]`;

const joinedScripts = [
  ...['Arabic', 'Syriac', 'Mandaic', 'Mongolian', 'Nko', 'Adlam', 'Hanifi_Rohingya', 'Phags_Pa'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala'],
  ...['Myanmar', 'Khmer', 'Tibetan', 'Balinese', 'Javanese'],
]
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join('');
const joinedLetter = String.raw`(?:(?=[\p{L}\p{M}])[${joinedScripts}])`;

/**
 * Joiners, selectors and tags that are part of a word or an emoji: removing them would change the word or the emoji.
 */
const belonging = new RegExp(
  [
    // Joiners inside a word (UAX #31 §2.3, RFC 5892 §A.1 and §A.2).
    String.raw`(?<=${joinedLetter})[\u200c\u200d](?=${joinedLetter})`,
    String.raw`(?<=${virama})[\u200c\u200d]`,
    // Emoji: joined sequences, presentation selectors, keycaps, and the three flags that are made of tags (UTS #51 §2).
    String.raw`(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]`,
    String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
    String.raw`(?<=\u{1f3f4})\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`,
    // Variants of Han and Mongolian letters (UTS #37, UAX #44).
    String.raw`(?<=\p{Script=Han})[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
    String.raw`(?<=\p{Script=Mongolian})[\u180b-\u180d\u180f]`,
  ].join('|'),
  'gu',
);

// Arabic letters that do not join the following letter, and those that join neither neighbor. A non-joiner next to them
// is not visible.
const endsJoin = String.raw`[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0759-\u075b\u076b\u076c\u0771\u0773\u0774\u0778\u0779]`;
const arabicLetter = String.raw`(?:(?=\p{L})[\u0620-\u06ff\u0750-\u077f])`;

/**
 * Joiners that change how a word looks (RFC 5892 §A.1 and §A.2). Any other joiner makes two different names look the
 * same.
 */
const shown = new RegExp(
  String.raw`(?<=(?!${endsJoin})${arabicLetter}\p{Mn}*)\u200c(?=\p{Mn}*(?![\u0621\u0674])${arabicLetter})|(?<=${virama})[\u200c\u200d]`,
  'gu',
);

// Property names of every JavaScript object, and words that scripts print for a missing value.
const reservedSubjects: ReadonlySet<string> = new Set(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'none', 'true', 'false'].map((name) =>
    name.toLowerCase(),
  ),
);

/** Returns why a text cannot be a subject, whatever pattern the host configures, or `undefined` if it can. */
export function subjectFault(text: string): TextFault | undefined {
  const fault = nameFault(text, textLimits.subject);
  if (fault !== undefined) return fault;
  if (reservedSubjects.has(text.toLowerCase())) return 'reserved';
  // Stricter than for labels: two users must not look the same because of a joiner or a selector that changes nothing
  // visible.
  return plainAscii.test(text) || !unseen.test(text.replace(shown, '')) ? undefined : 'invisible';
}

/** Returns why a text cannot be a group or the group of a mapping, or `undefined` if it can. */
export function groupFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.group) ?? (text === '__proto__' ? 'reserved' : undefined);
}

/**
 * Returns why a text cannot be shown as an e-mail address, or `undefined` if it can. The syntax of the address is not
 * checked.
 */
export function emailFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.email);
}

/**
 * Returns why a text cannot be a name that decisions depend on, or `undefined` if it can. Such a name is accepted
 * unchanged or not at all. It must be in Unicode NFC (UAX #15), without surrounding blanks and without invisible
 * characters.
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

/** A label in the form to store, or the reason why it is rejected. */
export type ReadLabel = { readonly label: string } | { readonly fault: TextFault };

/**
 * Checks and normalizes a label: a text that is only displayed and that no decision depends on, such as the name of a
 * device. The text is first checked as given; only then are surrounding blanks removed and the text put into NFC.
 */
export function readLabel(text: string, limit: number): ReadLabel {
  if (isLonger(text, labelRoom(limit))) return { fault: 'too-long' };
  const fault = unreadable(text);
  if (fault !== undefined) return { fault };
  // `trim` would also remove control characters, but the text has none at this point.
  const label = text.trim().normalize('NFC');
  if (label === '') return { fault: 'empty' };
  if (isLonger(label, limit)) return { fault: 'too-long' };
  // NFC may compose a letter of another script, and the joiner next to it may not be allowed in that script.
  const composed = unreadable(label);
  if (composed !== undefined) return { fault: composed };
  return ink.test(label) ? { label } : { fault: 'invisible' };
}

/**
 * Whether a text may be used in a query: one line of 1 to `limit` characters. Any character that does not break the
 * line is allowed, because rows that were written under other rules, or by the host itself, must still be found.
 */
export function isQuestion(text: string, limit: number = textLimits.filter): boolean {
  return text !== '' && !isLonger(text, limit) && !breaksLine.test(text);
}

/**
 * Returns the subject with a to z instead of A to Z, and nothing else changed. So the result depends on no locale and no
 * version of Unicode, and every database compares alike.
 */
export function lowerCased(subject: string): string {
  return subject.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether this is a UUID (RFC 9562), in lower or upper case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value);
}

// Postgres rejects NUL. Drivers write U+FFFD for a lone surrogate, so that two subjects would share one row.
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether a database stores this text unaltered. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/**
 * Removes the surrounding ASCII blanks that HTTP allows, spaces and tabs (RFC 9110 §5.6.3), or the given characters.
 * Other blanks stay: removing them would turn one name into another.
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
  // A character has at most two code units, so a text this long is rejected without splitting it into characters.
  return text.length > 2 * limit || (text.length > limit && [...text].length > limit);
}
