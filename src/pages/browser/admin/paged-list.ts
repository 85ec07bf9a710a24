// A list that loads page by page. Only one request runs at a time, and an older answer never replaces a newer answer.

import { announce, show, whileBusy } from '../shared/dom.js';
import { rememberFocus } from '../shared/focus.js';
import { noticeNow, report, retractNotice } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import type { Filters, Part } from './admin-api.js';
import { element } from './admin-elements.js';
import type { AdminId } from './admin-ids.js';
import { counted, line } from './table-rows.js';

/** The names of all lists that have an element id in the union type `Id`. */
type ListOf<Id extends string> = Id extends `${infer Name}-list` ? Name : never;

/** The parts of a list. */
interface ListParts<Item> {
  /** The prefix of the list's element ids `…-list`, `…-state` and `…-more`. */
  readonly name: ListOf<AdminId>;
  fetch(filters: Filters, signal: AbortSignal): Promise<Part<Item>>;
  row(item: Item): HTMLElement;
  /** The text to show if the list is empty. */
  readonly nothing?: string | undefined;
  /**
   * If `true`, the number of items is neither shown nor announced. Use this for a list that is part of another view.
   */
  readonly quiet?: boolean | undefined;
}

/** A list on the page. */
export interface Listing {
  /** Loads the first page for these filters. */
  load(filters: Filters): Promise<void>;
  /** Loads the first page again. Does nothing if the list was never loaded. */
  reload(): Promise<void>;
  /** Removes a row whose item no longer exists. */
  remove(row: Element): void;
  /** Returns whether the last request failed. */
  failed(): boolean;
  /** Removes all rows and resets the filters. */
  clear(): void;
}

/** The number of items per page. Phones can render this many items quickly. */
const partSize = '50';

/** Adds the event listeners of a list. */
export function startListing<Item>(parts: ListParts<Item>): Listing {
  const list = element(`${parts.name}-list`);
  const state = element(`${parts.name}-state`);
  const more = element(`${parts.name}-more`);
  let asked: Filters | undefined;
  /** The filters of the visible rows. The request for the next page uses the same filters. */
  let shown: Filters = {};
  /** The number of the notice about the last failure. */
  let failure: number | undefined;
  let next: string | null = null;
  let underway: AbortController | undefined;

  more.addEventListener('click', () => void whileBusy(more, follow));

  async function load(filters: Filters): Promise<void> {
    asked = filters;
    if (list.childElementCount === 0) line(state, adminTexts.loading);
    await fetchPart(filters, (items) => {
      shown = filters;
      const keepFocus = rememberFocus();
      list.replaceChildren(...items.map(parts.row));
      keepFocus();
    });
  }

  async function follow(): Promise<void> {
    if (next === null || underway !== undefined) return;
    const before = list.childElementCount;
    await fetchPart({ ...shown, cursor: next }, (items) => {
      list.append(...items.map(parts.row));
      // If the button disappears, move the focus to the first new row.
      if (next === null && more.contains(document.activeElement)) enter(list.children[before]);
    });
  }

  async function fetchPart(filters: Filters, place: (items: readonly Item[]) => void): Promise<void> {
    underway?.abort();
    const mine = new AbortController();
    underway = mine;
    list.setAttribute('aria-busy', 'true');
    try {
      const part = await parts.fetch({ ...filters, limit: partSize }, mine.signal);
      if (underway !== mine) return;
      next = part.next;
      if (failure !== undefined) retractNotice(failure);
      failure = undefined;
      place(part.items);
      showCount();
      if (parts.quiet !== true) announce(state.textContent ?? '');
    } catch (error) {
      if (underway !== mine) return;
      if (list.childElementCount === 0) line(state, adminTexts.failed);
      const { cursor } = filters;
      report(problemOf(error), () => void (cursor === undefined ? load(filters) : follow()));
      failure = noticeNow();
    } finally {
      if (underway === mine) {
        underway = undefined;
        list.removeAttribute('aria-busy');
      }
    }
  }

  function enter(row: Element | undefined): void {
    const first = row?.querySelector<HTMLElement>('a, button') ?? row;
    if (!(first instanceof HTMLElement)) return;
    if (first === row) first.tabIndex = -1;
    first.focus();
  }

  function showCount(): void {
    const count = list.childElementCount;
    const sentence =
      count === 0 && next === null
        ? [parts.nothing ?? adminTexts.nothing]
        : counted(next === null ? adminTexts.shown : adminTexts.shownOfMore, count);
    show(more, next !== null);
    line(state, ...(parts.quiet === true && count > 0 ? [] : sentence));
  }

  return {
    load,
    async reload() {
      if (asked !== undefined) await load(asked);
    },
    remove(row) {
      if (row.parentElement !== list) return;
      row.remove();
      showCount();
    },
    failed: () => failure !== undefined,
    clear() {
      underway?.abort();
      underway = undefined;
      asked = undefined;
      failure = undefined;
      next = null;
      list.replaceChildren();
      line(state);
      show(more, false);
    },
  };
}
