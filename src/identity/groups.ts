// identity/: who does the proxy say this is? Group lists, as each proxy spells them, to a sorted set.
import { LatchkeyError } from '../errors.js';
import { checkText, decodeText, type TextEncoding } from './encodings.js';

/**
 * How group names stand in a header value: `json` an array of strings, `dn` LDAP names (RFC 4514) between commas or
 * semicolons, `single` one name a header field, or names between separators.
 */
export type GroupFormat = 'json' | 'dn' | 'single' | { readonly separator: string };

/** The most groups that one assertion may hold. */
export const groupLimit = 1000;

// An element like this under a plain separator is a piece of a distinguished name that was cut at its commas.
const distinguishedNamePiece = /^(?:dc|ou)\s*=/i;

const relativeName = /^([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=/;

// Where a directory's names end. A name is relative names of other types, then one or more of these.
const suffixTypes: ReadonlySet<string> = new Set(['DC', 'O', 'C']);

/**
 * The groups of all values of the groups header, as a sorted set. Throws `ERR_GROUPS_FORMAT`, `ERR_GROUPS_TOO_MANY`
 * and what reading text throws.
 */
export function parseGroups(values: readonly string[], format: GroupFormat, encoding: TextEncoding): readonly string[] {
  const groups = new Set<string>();
  for (const value of values) {
    for (const group of elementsOf(decodeText(value, encoding), format)) {
      groups.add(checked(group));
      if (groups.size > groupLimit) throw new LatchkeyError('ERR_GROUPS_TOO_MANY');
    }
  }
  return [...groups].sort();
}

function checked(group: string): string {
  checkText(group);
  if (group === '__proto__') throw new LatchkeyError('ERR_GROUPS_FORMAT');
  return group;
}

function elementsOf(text: string, format: GroupFormat): readonly string[] {
  if (format === 'json') return jsonArray(text);
  const trimmed = text.trim();
  if (trimmed === '') return [];
  if (format === 'single') return [trimmed];
  if (format === 'dn') return distinguishedNames(trimmed);
  const elements: string[] = [];
  for (const element of trimmed.split(format.separator)) {
    const group = element.trim();
    if (group === '') continue;
    if (distinguishedNamePiece.test(group) && format.separator.includes(',')) {
      throw new LatchkeyError('ERR_GROUPS_FORMAT');
    }
    elements.push(group);
  }
  return elements;
}

function jsonArray(text: string): readonly string[] {
  checkPlaceholder(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not handed on as cause: JSON.parse quotes the text.
    throw new LatchkeyError('ERR_GROUPS_FORMAT');
  }
  if (!Array.isArray(parsed)) throw new LatchkeyError('ERR_GROUPS_FORMAT');
  return parsed.map((group: unknown) => {
    if (typeof group !== 'string' || group === '') throw new LatchkeyError('ERR_GROUPS_FORMAT');
    return group.normalize('NFC');
  });
}

/**
 * Commas stand both inside a name and between names, so the end of a name is told by its suffix (dc=, o=, c=): the
 * first relative name of another type behind a suffix begins the next. Text that does not fit is refused, not guessed.
 */
function distinguishedNames(text: string): readonly string[] {
  checkPlaceholder(text);
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

/** The relative names: cut at commas and semicolons that are neither escaped nor quoted (RFC 4514 §2.4, RFC 2253 §4). */
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
  const whole = piece.trimStart();
  const trimmed = whole.trimEnd();
  // A space behind a backslash belongs to the name; without it the backslash would escape the next comma.
  return trimmed.endsWith('\\') ? whole.slice(0, trimmed.length + 1) : trimmed;
}

function checkPlaceholder(text: string): void {
  // Longer than any placeholder: the limit on one text is not one on the whole list.
  if (text.length <= 64) checkText(text);
}
