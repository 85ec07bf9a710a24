// own-directory: checks and conversions of values for MariaDB: storable text, sorted sets, ids, dates and patterns.
import { LatchkeyError } from 'latchkey';

// A JavaScript string can contain half of a four-byte character. The driver would write U+FFFD instead, so that two
// subjects could become one. MariaDB accepts NUL, but the port does not.
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether the database stores this text unchanged. A search for any other text finds nothing. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/** Throws `ERR_DIRECTORY_VALUE` for text that the database cannot store unchanged. */
export function requireStorable(...texts: readonly (string | readonly string[] | undefined)[]): void {
  for (const text of texts.flat()) {
    if (text !== undefined && !isStorable(text)) {
      throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'Text with NUL or lone surrogates cannot be stored.' });
    }
  }
}

/** Sorts these texts and removes duplicates. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort();
}

/** Whether two texts, flags, rows or sorted sets are equal. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether the text is a UUID in lower case, as Latchkey writes them. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/**
 * The pattern for LIKE … ESCAPE '!' that matches this group, with `*` for any number of any characters. Does not use
 * the default `\`, because whether it escapes depends on the server's sql_mode.
 */
export function likeOf(group: string): string {
  return group.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%');
}

/** The pattern for LIKE … ESCAPE '!' that matches any text that contains this one. */
export function likeAnywhere(text: string): string {
  return `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
}

/** The value of a JSON column. In MariaDB that is text: some versions of the driver parse it, others do not. */
export function parsed(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** The latest use of each id. */
export function latestOf<Use extends { readonly at: Date; readonly id: string }>(uses: readonly Use[]): readonly Use[] {
  const latest = new Map<string, Use>();
  for (const use of uses) {
    if (isId(use.id) && (latest.get(use.id)?.at ?? use.at) <= use.at) latest.set(use.id, use);
  }
  // In the order of the ids, so that two instances that write the same rows rarely deadlock.
  return [...latest.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** A date in the format of JSON_TABLE. Everywhere else the driver accepts a `Date`. */
export function dateTime(date: Date): string {
  return date.toISOString().slice(0, -1).replace('T', ' ');
}
