// Query strings, read strictly: a filter that is misspelt or lost on the way must not answer with everything.
import type { Request } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { isQuestion, textLimits } from '../vocabulary/text-rules.js';

/** The parameters of a request, each given once at most. */
export interface Query {
  /** Any text, as it was sent. */
  value(name: string): string | undefined;
  /** One line of 1 to `max` characters as it was sent, by default as many as the longest name has. Throws `ERR_QUERY`. */
  text(name: string, max?: number): string | undefined;
  /** `true` or `false`. Throws `ERR_QUERY`. */
  flag(name: string): boolean | undefined;
  /** One of these words. Throws `ERR_QUERY`. */
  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined;
  /** A date, or a date with time and offset (RFC 3339). Throws `ERR_QUERY`. */
  instant(name: string): Date | undefined;
  /** How many a page has, 1–1,000, default 100. Throws `ERR_PAGE`. */
  limit(): number;
  /** What a `next` of ours holds. Throws `ERR_PAGE`. */
  cursor(): readonly string[] | undefined;
}

const dateTime = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const cursorText = /^[\w-]{1,2000}$/;

/** Throws `ERR_QUERY` where the query string has a parameter of another name. */
export function onlyParameters(req: Request, names: readonly string[]): void {
  const given = partsOf(req).map(([name = '']) => decoded(name));
  if (!given.every((name) => names.includes(name))) throw unknownParameter(names);
}

/** The parameters as a form has them. Not `req.query`: what that holds depends on the host's `query parser`. */
export function parametersOf(req: Pick<Request, 'originalUrl'>): URLSearchParams {
  return new URLSearchParams(req.originalUrl.split('?').slice(1).join('?'));
}

/** Reads a query string whose parameters may have these names. Throws `ERR_QUERY` for others, and for one given twice. */
export function queryOf(req: Request, names: readonly string[]): Query {
  const values = new Map<string, string>();
  for (const [name = '', ...rest] of partsOf(req).map((part) => part.map(decoded))) {
    if (!names.includes(name) || values.has(name)) throw unknownParameter(names);
    values.set(name, rest.join('='));
  }

  function text(name: string, max: number = textLimits.filter): string | undefined {
    const value = values.get(name);
    if (value !== undefined && !isQuestion(value, max)) throw unusable(name);
    return value;
  }

  function word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = values.get(name);
    if (value === undefined) return undefined;
    const known = words.find((candidate) => candidate === value);
    if (known === undefined) throw unusable(name);
    return known;
  }

  return {
    value: (name) => values.get(name),
    text,
    word,

    flag(name) {
      const value = word(name, ['true', 'false']);
      return value === undefined ? undefined : value === 'true';
    },

    instant(name) {
      const value = values.get(name);
      if (value === undefined) return undefined;
      const day = dateTime.exec(value)?.[1];
      const date = new Date(value);
      // Date takes the 31st of February for the 3rd of March.
      if (day === undefined || Number.isNaN(date.getTime()) || !isDay(day)) throw unusable(name);
      return date;
    },

    limit() {
      const value = values.get('limit') ?? '100';
      const limit = Number(value);
      if (!/^[1-9]\d{0,3}$/.test(value) || limit > 1000) throw new LatchkeyError('ERR_PAGE');
      return limit;
    },

    cursor() {
      const value = values.get('cursor');
      return value === undefined ? undefined : opened(value);
    },
  };
}

/**
 * The page that a query asks for, and the `cursor` of the one behind it; `null` where nothing follows. `placeOf` says where
 * an item stands in the list, as `list` takes it back.
 */
export async function pageOf<Item>(
  query: Query,
  list: (after: readonly string[] | undefined, limit: number) => Promise<readonly Item[]>,
  placeOf: (item: Item) => readonly string[],
): Promise<{ readonly items: readonly Item[]; readonly next: string | null }> {
  const limit = query.limit();
  const items = await list(query.cursor(), limit);
  const last = items.length < limit ? undefined : items.at(-1);
  if (last === undefined) return { items, next: null };
  // A full page may be the last one: nobody should have to ask for an empty one to find out.
  const place = placeOf(last);
  const follows = (await list(place, 1)).length > 0;
  return { items, next: follows ? Buffer.from(JSON.stringify(place)).toString('base64url') : null };
}

function opened(cursor: string): readonly string[] {
  try {
    const place: unknown = cursorText.test(cursor)
      ? JSON.parse(Buffer.from(cursor, 'base64url').toString())
      : undefined;
    if (Array.isArray(place) && place.every((part) => typeof part === 'string')) return place;
  } catch {
    // Not ours, and what JSON.parse says of it would repeat it.
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

/** Strictly, unlike URLSearchParams: half an escape is a value that was mangled on its way. */
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
