// Defines how callers select a page of a list, checks this selection, and iterates over all pages.
import { LatchkeyError } from '../../vocabulary/errors.js';

/** Selects a page of a list. */
export interface PageOptions<Item> {
  /** The last item of the previous page. By default, the list starts with the first page. */
  readonly after?: Item | undefined;
  /** The maximum number of items, 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

/** The selected page, in the form that the directory expects. */
export interface Page<Item> {
  readonly after: Item | undefined;
  readonly limit: number;
}

const defaultLimit = 100;
const maximumLimit = 1000;

/**
 * Checks the options that select a page. `placeOf` returns the fields of the last item that the directory needs to find
 * the next page. If the value cannot be an item of the list, `placeOf` returns `undefined`.
 *
 * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not an item of the list.
 * @throws {LatchkeyError} `ERR_CONFIG` when the options are not an object.
 */
export function checkPage<Item>(listing: PageOptions<Item>, placeOf: (item: Item) => Item | undefined): Page<Item> {
  requireObject(listing);
  const { after, limit = defaultLimit } = listing;
  if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit) throw new LatchkeyError('ERR_PAGE');
  if (after === undefined) return { after, limit };
  const place = typeof after === 'object' && after !== null ? placeOf(after) : undefined;
  if (place === undefined) {
    throw new LatchkeyError('ERR_PAGE', { detail: 'after must be the last item of the previous page.' });
  }
  return { after: place, limit };
}

/**
 * Yields the items of all pages. Loads each page only when the consumer requests the first item of that page.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the filters are not an object.
 */
export async function* eachItem<Filters extends object, Item>(
  filters: Filters,
  read: (filters: Filters, page: Page<Item>) => Promise<readonly Item[]>,
): AsyncGenerator<Item, void, undefined> {
  requireObject(filters);
  let after: Item | undefined;
  do {
    const items = await read(filters, { after, limit: maximumLimit });
    yield* items;
    after = items.length < maximumLimit ? undefined : items.at(-1);
  } while (after !== undefined);
}

/** Refuses a value that is not an object: without filters, the call would list everything. */
function requireObject(given: unknown): void {
  if (typeof given === 'object' && given !== null) return;
  throw new LatchkeyError('ERR_CONFIG', { detail: 'A list expects an object with filters, saw something else.' });
}
