// Parses query strings strictly. Otherwise a misspelled or damaged filter would be ignored, and the query would select
// everything.
import type { Request } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { isQuestion, textLimits } from '../vocabulary/text-rules.js';
import { isOneOf } from '../vocabulary/words.js';

/** The parameters of a request. Each parameter occurs at most once. */
export interface Query {
  /** Returns a parameter unchanged. */
  value(name: string): string | undefined;
  /**
   * Returns a parameter that must be one line of 1 to `max` characters. By default, `max` is the maximum length of a
   * name.
   *
   * @throws {LatchkeyError} `ERR_QUERY` when the value is empty, too long or not a single line.
   */
  optionalText(name: string, max?: number): string | undefined;
  /**
   * Returns a parameter that must be `true` or `false`.
   *
   * @throws {LatchkeyError} `ERR_QUERY` when the value is neither of them.
   */
  flag(name: string): boolean | undefined;
  /**
   * Returns a parameter that must be one of `words`.
   *
   * @throws {LatchkeyError} `ERR_QUERY` when the value is not one of `words`.
   */
  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined;
  /**
   * Returns a parameter that must be either a date, or a date with a time and an offset (RFC 3339).
   *
   * @throws {LatchkeyError} `ERR_QUERY` when the value is neither of them.
   */
  instant(name: string): Date | undefined;
  /**
   * Returns the number of items per page, from 1 to 1,000. Default 100.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when the value is not a number in this range.
   */
  limit(): number;
  /**
   * Returns the strings in the parameter `cursor`, which must be a cursor that Latchkey issued, with `length` strings.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when the value is not such a cursor.
   */
  cursor(length: number): readonly string[] | undefined;
}

const dateTime = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const cursorText = /^[\w-]{1,2000}$/;

/**
 * Refuses a request with parameters that are not in `names`.
 *
 * @throws {LatchkeyError} `ERR_QUERY` when the query string has such a parameter.
 */
export function onlyParameters(req: Request, names: readonly string[]): void {
  const given = partsOf(req).map(([name = '']) => decoded(name));
  if (!given.every((name) => names.includes(name))) throw unknownParameter(names);
}

/**
 * Parses the query string like a form. Does not use `req.query`, which depends on the host's setting `query parser`.
 */
export function parametersOf(req: Pick<Request, 'originalUrl'>): URLSearchParams {
  return new URLSearchParams(req.originalUrl.split('?').slice(1).join('?'));
}

/**
 * Parses a query string that may have only the parameters in `names`.
 *
 * @throws {LatchkeyError} `ERR_QUERY` when the query string has a parameter that is not in `names`, or repeats a
 * parameter.
 */
export function queryOf(req: Request, names: readonly string[]): Query {
  const values = new Map<string, string>();
  for (const [name = '', ...rest] of partsOf(req).map((part) => part.map(decoded))) {
    if (!names.includes(name) || values.has(name)) throw unknownParameter(names);
    values.set(name, rest.join('='));
  }

  function optionalText(name: string, max: number = textLimits.filter): string | undefined {
    const value = values.get(name);
    if (value !== undefined && !isQuestion(value, max)) throw unusable(name);
    return value;
  }

  function word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = values.get(name);
    if (value === undefined || isOneOf(words, value)) return value;
    throw unusable(name);
  }

  function flag(name: string): boolean | undefined {
    const value = word(name, ['true', 'false']);
    return value === undefined ? undefined : value === 'true';
  }

  function instant(name: string): Date | undefined {
    const value = values.get(name);
    if (value === undefined) return undefined;
    const day = dateTime.exec(value)?.[1];
    const date = new Date(value);
    // `Date` accepts February 31 and turns it into March 3.
    if (day === undefined || Number.isNaN(date.getTime()) || !isDay(day)) throw unusable(name);
    return date;
  }

  function limit(): number {
    const value = values.get('limit') ?? '100';
    const most = Number(value);
    if (!/^[1-9]\d{0,3}$/.test(value) || most > 1000) throw new LatchkeyError('ERR_PAGE');
    return most;
  }

  function cursor(length: number): readonly string[] | undefined {
    const value = values.get('cursor');
    return value === undefined ? undefined : opened(value, length);
  }

  return { value: (name) => values.get(name), optionalText, word, flag, instant, limit, cursor };
}

/** Defines the strings that identify an item of a list in a cursor. `length` is the number of strings. */
export interface Cursor<Place> {
  readonly length: number;
  textsOf(item: Place): readonly string[];
  /**
   * Returns the item that `list` takes as its argument `after`. The item is not checked here, because `list` checks it.
   */
  itemOf(texts: readonly string[]): Place;
}

/** Returns the requested page. `next` is the cursor of the next page, or `null` if this is the last page. */
export async function pageOf<Place, Item extends Place>(
  query: Query,
  list: (after: Place | undefined, limit: number) => Promise<readonly Item[]>,
  cursor: Cursor<Place>,
): Promise<{ readonly items: readonly Item[]; readonly next: string | null }> {
  const limit = query.limit();
  const texts = query.cursor(cursor.length);
  const items = await list(texts && cursor.itemOf(texts), limit);
  const last = items.length < limit ? undefined : items.at(-1);
  if (last === undefined) return { items, next: null };
  // A full page might be the last page. This extra query checks that, so that clients do not have to fetch an empty
  // page.
  const follows = (await list(last, 1)).length > 0;
  return { items, next: follows ? Buffer.from(JSON.stringify(cursor.textsOf(last))).toString('base64url') : null };
}

function opened(cursor: string, length: number): readonly string[] {
  try {
    const place: unknown = cursorText.test(cursor)
      ? JSON.parse(Buffer.from(cursor, 'base64url').toString())
      : undefined;
    if (Array.isArray(place) && place.length === length && place.every((part) => typeof part === 'string'))
      return place;
  } catch {
    // The value is not a cursor from Latchkey. The error of JSON.parse is dropped, because its message would repeat the
    // value.
  }
  throw new LatchkeyError('ERR_PAGE');
}

function partsOf(req: Request): readonly (readonly string[])[] {
  const parts = req.originalUrl.split('?').slice(1).join('?').split('&');
  return parts.filter((part) => part !== '').map((part) => part.split('='));
}

function unknownParameter(names: readonly string[]): LatchkeyError {
  const known = names.length === 0 ? 'This endpoint takes no parameters.' : `Known parameters: ${names.join(', ')}.`;
  return new LatchkeyError('ERR_QUERY', { detail: known });
}

/** Unlike URLSearchParams, refuses incomplete escapes, because they show that the value was damaged in transit. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw new LatchkeyError('ERR_QUERY', { detail: 'The query is not valid percent-encoding.' });
  }
}

function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

function unusable(name: string): LatchkeyError {
  return new LatchkeyError('ERR_QUERY', { detail: `The parameter ${name} is invalid.` });
}
