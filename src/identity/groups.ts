// Parses the groups header in the formats of various proxies.
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import { withoutPadding } from '../vocabulary/text-rules.js';
import { isOneOf } from '../vocabulary/words.js';
import { decodeText, isPlaceholder, type TextEncoding } from './encodings.js';
import { type Reading, readGroup } from './values.js';

/** The formats of the groups header that have their own syntax. */
export const structuredFormats = ['json', 'dn'] as const;

type StructuredFormat = (typeof structuredFormats)[number];

/**
 * The format of the groups header. `json` means a JSON array of strings. `dn` means LDAP names (RFC 4514) with commas
 * or semicolons between them. `single` means that each header field contains one group. An object specifies the
 * separator between groups.
 */
export type GroupFormat = StructuredFormat | 'single' | { readonly separator: string };

/** The maximum number of groups in one assertion. */
export const groupLimit = 1000;

// If the separator contains a comma, a match shows that a distinguished name was split at its own commas.
const distinguishedNamePiece = /^(?:dc|ou)\s*=/i;

const relativeName = /^([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=/;

// A distinguished name ends with one or more relative names of these attribute types. The relative names before them
// have other types.
const suffixTypes: ReadonlySet<string> = new Set(['DC', 'O', 'C']);

/** The content of a groups header. */
export interface GroupsReading {
  /** The groups, sorted and without duplicates. */
  readonly groups: readonly string[];
  /** The error code of the first group that was left out. Absent if no group was left out. */
  readonly code?: ErrorCode | undefined;
}

/**
 * Parses all values of the groups header. Leaves out groups with invalid names, so such groups give no roles.
 *
 * @throws {LatchkeyError} `ERR_GROUPS_FORMAT` or `ERR_HEADER_ENCODING` when the list is ambiguous or unreadable;
 * `ERR_GROUPS_TOO_MANY` when the list is longer than `groupLimit`.
 */
export function parseGroups(values: readonly string[], format: GroupFormat, encoding: TextEncoding): GroupsReading {
  const groups = new Set<string>();
  // Groups with invalid names also count toward the limit. Otherwise a request could make Latchkey check thousands of
  // names.
  const looked = new Set<Element>();
  let code: ErrorCode | undefined;
  for (const value of values) {
    for (const element of elementsOf(value, format, encoding)) {
      const read = typeof element === 'string' ? readGroup(element) : element;
      if ('value' in read) groups.add(read.value);
      else code ??= read.code;
      looked.add(element);
      if (looked.size > groupLimit) throw new LatchkeyError('ERR_GROUPS_TOO_MANY');
    }
  }
  return { groups: [...groups].sort(), code };
}

/** The text of a group, or the error code that says why the group is left out. */
type Element = string | Exclude<Reading<string>, { readonly value: string }>;

function elementsOf(wire: string, format: GroupFormat, encoding: TextEncoding): readonly Element[] {
  if (isOneOf(structuredFormats, format)) return structured(withoutPadding(decodeText(wire, encoding)), format);
  const { separator } = format === 'single' ? { separator: undefined } : format;
  // Separators are ASCII characters. In UTF-8 and Latin-1, the bytes of other characters never look like ASCII. So with
  // these two encodings, Latchkey first splits a value, and then decodes each group separately. This way, a group that
  // cannot be decoded does not affect the other groups. Values in other encodings are decoded first. The exception is a
  // percent-encoded list with unencoded separators: an encoded separator in such a list is part of a name.
  const oneByOne = encoding === 'percent' && separator !== undefined && wire.includes(separator);
  const early = encoding === 'utf-8' || encoding === 'latin-1' || oneByOne;
  const texts = cut(early ? wire : decodeText(wire, encoding), separator);
  return texts
    .map((text) => (early ? decodedElement(text, encoding) : text))
    .map((element) => {
      if (typeof element !== 'string' || separator?.includes(',') !== true) return element;
      if (distinguishedNamePiece.test(element)) throw new LatchkeyError('ERR_GROUPS_FORMAT');
      return element;
    });
}

function structured(text: string, format: StructuredFormat): readonly string[] {
  try {
    if (format === 'json') return jsonArray(text);
    return text === '' ? [] : distinguishedNames(text);
  } catch (error) {
    // Whatever the format is, a proxy might send a placeholder if the user has no groups. Latchkey treats the
    // placeholder as a group with an invalid name, and leaves it out.
    if (isPlaceholder(text)) return [text];
    throw error;
  }
}

function cut(list: string, separator: string | undefined): readonly string[] {
  const texts = separator === undefined ? [list] : withoutPadding(list).split(separator);
  return texts.map((text) => withoutPadding(text)).filter((text) => text !== '');
}

function decodedElement(wire: string, encoding: TextEncoding): Element {
  try {
    return decodeText(wire, encoding);
  } catch (error) {
    if (error instanceof LatchkeyError) return { code: error.code };
    throw error;
  }
}

function jsonArray(text: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The error of JSON.parse is not passed on as `cause`, because its message quotes the text.
    throw new LatchkeyError('ERR_GROUPS_FORMAT');
  }
  if (!Array.isArray(parsed)) throw new LatchkeyError('ERR_GROUPS_FORMAT');
  return parsed.map((group: unknown) => {
    if (typeof group !== 'string' || group === '') throw new LatchkeyError('ERR_GROUPS_FORMAT');
    return group;
  });
}

/**
 * Splits a list of distinguished names. Commas occur both inside names and between names, so only the suffix of a name
 * (`dc=`, `o=` or `c=`) shows where the name ends. After a suffix, a relative name of another type starts the next
 * name. Throws if the text has a different form.
 */
function distinguishedNames(text: string): readonly string[] {
  const names: string[] = [];
  let relative: string[] = [];
  let inSuffix = false;
  const finish = (): void => {
    if (!inSuffix) throw new LatchkeyError('ERR_GROUPS_FORMAT');
    names.push(relative.join(','));
    relative = [];
    inSuffix = false;
  };
  for (const { piece, endsName } of pieces(text)) {
    const type = relativeName.exec(piece)?.[1]?.toUpperCase();
    if (type === undefined) throw new LatchkeyError('ERR_GROUPS_FORMAT');
    const isSuffix = suffixTypes.has(type);
    if (isSuffix && relative.length === 0) throw new LatchkeyError('ERR_GROUPS_FORMAT');
    if (!isSuffix && inSuffix) finish();
    relative.push(piece);
    inSuffix = isSuffix;
    if (endsName) finish();
  }
  return names;
}

/** Splits at commas and semicolons that are neither escaped nor quoted (RFC 4514 §2.4, RFC 2253 §4). */
function pieces(text: string): readonly { readonly piece: string; readonly endsName: boolean }[] {
  const found: { piece: string; endsName: boolean }[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '\\') {
      at++;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === undefined || (!quoted && (character === ',' || character === ';'))) {
      found.push({ piece: trimmedPiece(text.slice(start, at)), endsName: character !== ',' });
      start = at + 1;
    }
  }
  if (quoted || start <= text.length) throw new LatchkeyError('ERR_GROUPS_FORMAT');
  return found;
}

function trimmedPiece(piece: string): string {
  const trimmed = withoutPadding(piece);
  if (!trimmed.endsWith('\\')) return trimmed;
  // A space after a backslash belongs to the name. Without this space, the backslash would escape the next comma.
  const end = piece.indexOf(trimmed) + trimmed.length;
  return trimmed + piece.slice(end, end + 1);
}
