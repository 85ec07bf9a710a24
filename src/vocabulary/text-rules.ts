// Decides which names are valid, which labels are readable, and which search texts are accepted. All modules use these
// rules, so all modules accept the same names.

/**
 * The reason why a string is rejected. `control` stands for characters that break or reorder a line, and `invisible`
 * for characters that cannot be seen.
 */
export type TextFault = 'empty' | 'too-long' | 'control' | 'invisible' | 'padded' | 'not-normalized' | 'reserved';

/** The maximum lengths of strings, in Unicode code points. */
export const textLimits: Readonly<
  Record<'subject' | 'group' | 'role' | 'displayName' | 'email' | 'deviceName' | 'note' | 'search' | 'filter', number>
> = Object.freeze({
  subject: 255,
  group: 512,
  role: 64,
  displayName: 255,
  // RFC 5321 §4.5.3.1.3 allows 254 characters.
  email: 255,
  deviceName: 64,
  note: 500,
  search: 255,
  // A filter can be as long as the longest name that the databases store.
  filter: 512,
});

/**
 * Returns the maximum length of a label before normalization, in code points. Normalization can shorten a label: NFC
 * combines up to four code points into one, and surrounding blanks are removed.
 */
export function labelRoom(limit: number): number {
  return 8 * limit;
}

const plainAscii = /^[!-~](?:[ -~]*[!-~])?$/;

const breaksLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

const control = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}\ufeff\ufff9-\ufffb]/u;

// Format characters are invisible, except those that enclose or underline digits (Prepended_Concatenation_Mark). The
// last four characters of the expression are blank in every font: the empty Braille cell, the null notehead, the Khitan
// filler and the object replacement character.
const unseen =
  /\p{Default_Ignorable_Code_Point}|(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])\p{Cf}|[\u2800\u{1d159}\u{16fe4}\ufffc]/u;

/**
 * Matches any character that is visible by itself. Marks, blanks and format characters are not visible by themselves.
 */
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
 * Matches joiners, selectors and tags that are part of a word or an emoji. Without these characters, the word or the
 * emoji would change.
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

// Arabic letters that do not join the following letter. A non-joiner after such a letter has no visible effect.
const endsJoin = String.raw`[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0759-\u075b\u076b\u076c\u0771\u0773\u0774\u0778\u0779]`;
const arabicLetter = String.raw`(?:(?=\p{L})[\u0620-\u06ff\u0750-\u077f])`;

/**
 * Matches joiners that change how a word looks (RFC 5892 §A.1 and §A.2). With any other joiner, two different names
 * would look the same.
 */
const shown = new RegExp(
  String.raw`(?<=(?!${endsJoin})${arabicLetter}\p{Mn}*)\u200c(?=\p{Mn}*(?![\u0621\u0674])${arabicLetter})|(?<=${virama})[\u200c\u200d]`,
  'gu',
);

// Reserved subjects: the property names that every JavaScript object has, and words that scripts print instead of a
// name, such as `none`.
const reservedSubjects: ReadonlySet<string> = new Set(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'none', 'true', 'false'].map((name) =>
    name.toLowerCase(),
  ),
);

/**
 * Returns the reason why a string cannot be a subject, or `undefined` if the string is valid. These rules apply in
 * addition to any pattern that the host configures.
 */
export function subjectFault(text: string): TextFault | undefined {
  const fault = nameFault(text, textLimits.subject);
  if (fault !== undefined) return fault;
  if (reservedSubjects.has(text.toLowerCase())) return 'reserved';
  // The rules for subjects are stricter than those for labels: two subjects must not differ only in a joiner or
  // selector that has no visible effect.
  return plainAscii.test(text) || !unseen.test(text.replace(shown, '')) ? undefined : 'invisible';
}

/**
 * Returns the reason why a string cannot be the name of a group or the group of a mapping. Returns `undefined` if the
 * string is valid.
 */
export function groupFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.group) ?? (text === '__proto__' ? 'reserved' : undefined);
}

/**
 * Returns the reason why a string cannot be shown as an e-mail address, or `undefined` if it can be shown. The syntax
 * of the address is not checked.
 */
export function emailFault(text: string): TextFault | undefined {
  return nameFault(text, textLimits.email);
}

/**
 * Returns the reason why a string cannot be a name on which decisions depend. Returns `undefined` if the string is
 * valid. Such a name is either accepted unchanged or refused. Such a name must be in Unicode NFC (UAX #15) and must
 * have no surrounding blanks and no invisible characters.
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

/** A label in its stored form, or the reason why a string is rejected. */
export type ReadLabel = { readonly label: string } | { readonly fault: TextFault };

/**
 * Checks and normalizes a label. A label is text that is only displayed, such as the name of a device. No decision
 * depends on a label. The text is first checked as given. Then surrounding blanks are removed, and the text is
 * converted to NFC and checked again.
 */
export function readLabel(text: string, limit: number): ReadLabel {
  if (isLonger(text, labelRoom(limit))) return { fault: 'too-long' };
  const fault = unreadable(text);
  if (fault !== undefined) return { fault };
  // `trim` would also remove control characters, but the text has none at this point.
  const label = text.trim().normalize('NFC');
  if (label === '') return { fault: 'empty' };
  if (isLonger(label, limit)) return { fault: 'too-long' };
  // NFC can combine characters into a letter of another script. Next to that letter, a joiner might not be allowed.
  const composed = unreadable(label);
  if (composed !== undefined) return { fault: composed };
  return ink.test(label) ? { label } : { fault: 'invisible' };
}

/**
 * Returns whether a string may be used in a query. It must be one line of 1 to `limit` characters. Every character that
 * does not break the line is allowed, so that queries also find rows that were written under other rules or by the host
 * itself.
 */
export function isQuestion(text: string, limit: number = textLimits.filter): boolean {
  return text !== '' && !isLonger(text, limit) && !breaksLine.test(text);
}

/**
 * Returns the subject with A to Z replaced by a to z. All other characters stay unchanged. The result does not depend
 * on a locale or on a version of Unicode, so all databases compare subjects in the same way.
 */
export function lowerCased(subject: string): string {
  return subject.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns whether the value is a UUID (RFC 9562), in lower or upper case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value);
}

// Postgres rejects NUL. Drivers replace a lone surrogate with U+FFFD, so two different subjects would share one row.
const unstorable = /[\0\p{Surrogate}]/u;

/** Returns whether every database can store this text unaltered. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/**
 * Removes leading and trailing characters that are in `blanks`. The default is spaces and tabs, as in HTTP (RFC 9110
 * §5.6.3). Other blanks stay, because removing them would turn one name into another.
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
  // A character has at most two code units. So a string with more than `2 * limit` code units is too long, and need not
  // be split into characters.
  return text.length > 2 * limit || (text.length > limit && [...text].length > limit);
}
