// own-directory: values on their way in and out of MariaDB. What can be stored, sorted sets, ids, dates and patterns.
import { LatchkeyError } from 'latchkey';

// JavaScript can hold half of a four-byte character; the driver would write U+FFFD for it, and two subjects would meet in
// one row. MariaDB would take NUL, but the port does not.
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether the database holds this text unaltered. What it does not hold is found nowhere. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/** Throws `ERR_DIRECTORY_VALUE` for text that the database cannot hold unaltered. */
export function requireStorable(...texts: readonly (string | readonly string[] | undefined)[]): void {
  for (const text of texts.flat()) {
    if (text !== undefined && !isStorable(text)) {
      throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'Text with NUL or lone surrogates cannot be stored.' });
    }
  }
}

/** The sorted set of these texts. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort();
}

/** Whether the two are the same value: texts, flags, sorted sets. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether this is a UUID as we write them. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/**
 * What LIKE … ESCAPE '!' reads as this text, with `*` for any number of any characters. Not the default `\`: whether that
 * one escapes depends on the server's sql_mode.
 */
export function likeOf(group: string): string {
  return group.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%');
}

/** What LIKE … ESCAPE '!' reads as any text that contains this one. */
export function likeAnywhere(text: string): string {
  return `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
}

/** A column of MariaDB's JSON, which is text: some versions of the driver parse it, others hand over the text. */
export function parsed(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** The latest of these, of each id. */
export function latestOf<Use extends { readonly at: Date; readonly id: string }>(uses: readonly Use[]): readonly Use[] {
  const latest = new Map<string, Use>();
  for (const use of uses) {
    if (isId(use.id) && (latest.get(use.id)?.at ?? use.at) <= use.at) latest.set(use.id, use);
  }
  // In the order of their ids, so that two instances that write the same rows wait, but hardly ever for each other.
  return [...latest.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** A date as JSON_TABLE reads it. Everywhere else the driver takes a `Date` as it is. */
export function dateTime(date: Date): string {
  return date.toISOString().slice(0, -1).replace('T', ' ');
}
