// Builds the rows of the page `admin`. Data from the server becomes text or the value of an attribute, never markup.

import type { WireUser } from '../../../vocabulary/wire/admin-json.js';
import { named, pieces, show } from '../shared/dom.js';
import { adminTexts } from '../texts/admin-texts.js';
import { plural, texts } from '../texts/page-texts.js';

/** Creates an element. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (string | Node)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * Returns a list that shows names, such as roles or groups, side by side. If there are more than `limit` names, the
 * last item says how many names were left out.
 */
export function chips(names: readonly string[], limit = Number.POSITIVE_INFINITY): HTMLElement {
  const shown = names.slice(0, limit).map((name) => make('li', { class: 'chip' }, named(name)));
  const left = names.length - shown.length;
  const rest = left > 0 ? [make('li', { class: 'hint' }, ...counted(adminTexts.others, left))] : [];
  return make('ul', { class: 'chips' }, ...shown, ...rest);
}

/** Creates a tag, which is a short label for the whole row. */
export function tag(word: string, kind = ''): HTMLElement {
  return make('span', { class: kind === '' ? 'tag' : `tag tag-${kind}` }, word);
}

/** Returns the text in the plural form for `count`, with all placeholders replaced. */
export function counted(
  text: Parameters<typeof plural>[0],
  count: number,
  values: Readonly<Record<string, string>> = {},
): readonly (string | Element)[] {
  return pieces(plural(text, count), { ...values, count: String(count) });
}

/** Creates an entry of a description list. */
export function fact(label: string, ...value: readonly (string | Node)[]): HTMLElement {
  return make('div', {}, make('dt', {}, label), make('dd', {}, ...value));
}

/**
 * Creates a button in a row. `label` is the accessible name, which distinguishes the button from the buttons with the
 * same text in other rows.
 */
export function rowButton(word: string, label: string, danger = false): HTMLButtonElement {
  return make('button', { type: 'button', class: danger ? 'quiet danger-text' : 'quiet', 'aria-label': label }, word);
}

/**
 * Debounces `work`. `later` runs `work` after this time, unless it is called again in the meantime. `now` runs `work`
 * immediately. `stop` cancels a pending run.
 */
export function debounced(work: () => void, milliseconds: number): { later(): void; now(): void; stop(): void } {
  let timer: number | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    now() {
      stop();
      work();
    },
    later() {
      stop();
      timer = setTimeout(work, milliseconds);
    },
  };
}

/** Shows a line with this content, or hides the line if there is no content. */
export function line(target: HTMLElement, ...children: readonly (string | Node)[]): void {
  target.replaceChildren(...children);
  show(target, children.length > 0);
}

/** Returns the tags that the page shows next to the name of a user. */
export function userTags({ auth_method: method, pending, disabled }: WireUser): HTMLElement[] {
  return [
    ...(method === 'local' ? [tag(adminTexts.methodLocal)] : []),
    ...(pending ? [tag(adminTexts.statePending, 'caution')] : []),
    ...(disabled ? [tag(adminTexts.stateDisabled, 'danger')] : []),
  ];
}

const lists = new Intl.ListFormat(texts.language, { style: 'long', type: 'conjunction' });

/** Joins names in the language of the page, for example to “a, b and c”. */
export function listed(names: readonly string[]): HTMLElement {
  // Format the indexes instead of the names, so that each part can be mapped back to its name.
  const parts = lists.formatToParts(names.map((_, index) => String(index)));
  return make(
    'span',
    {},
    ...parts.map(({ type, value }) => (type === 'element' ? named(names[Number(value)] ?? '') : value)),
  );
}
