// Making the rows of the page `admin`. What the server sends is text or an attribute, never markup.

import { named, pieces, show } from '../shared/dom.js';
import { adminTexts } from '../texts/admin-texts.js';
import { plural, texts } from '../texts/page-texts.js';
import type { User } from './admin-api.js';

/** An element. */
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

/** Names side by side, such as roles or groups. Beyond `limit` it only says how many more there are. */
export function chips(names: readonly string[], limit = Number.POSITIVE_INFINITY): HTMLElement {
  const shown = names.slice(0, limit).map((name) => make('li', { class: 'chip' }, named(name)));
  const left = names.length - shown.length;
  const rest = left > 0 ? [make('li', { class: 'hint' }, ...counted(adminTexts.others, left))] : [];
  return make('ul', { class: 'chips' }, ...shown, ...rest);
}

/** A short word about the whole row. */
export function tag(word: string, kind = ''): HTMLElement {
  return make('span', { class: kind === '' ? 'tag' : `tag tag-${kind}` }, word);
}

/** The sentence for this number. */
export function counted(
  text: Parameters<typeof plural>[0],
  count: number,
  values: Readonly<Record<string, string>> = {},
): readonly (string | Element)[] {
  return pieces(plural(text, count), { ...values, count: String(count) });
}

/** One fact of a list of facts. */
export function fact(label: string, ...value: readonly (string | Node)[]): HTMLElement {
  return make('div', {}, make('dt', {}, label), make('dd', {}, ...value));
}

/** A button in a row. `label`: what it is called where several say the same. */
export function rowButton(word: string, label: string, danger = false): HTMLButtonElement {
  return make('button', { type: 'button', class: danger ? 'quiet danger-text' : 'quiet', 'aria-label': label }, word);
}

/** Runs `work` once nothing has asked for it during this time; `now` runs it at once, `stop` not at all. */
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

/** Shows a line with a text, or hides it where there is none. */
export function line(target: HTMLElement, ...children: readonly (string | Node)[]): void {
  target.replaceChildren(...children);
  show(target, children.length > 0);
}

/** What the state of a user's row says beside the name. */
export function userTags({ auth_method: method, pending, disabled }: User): HTMLElement[] {
  return [
    ...(method === 'local' ? [tag(adminTexts.methodLocal)] : []),
    ...(pending ? [tag(adminTexts.statePending, 'caution')] : []),
    ...(disabled ? [tag(adminTexts.stateDisabled, 'danger')] : []),
  ];
}

const lists = new Intl.ListFormat(texts.language, { style: 'long', type: 'conjunction' });

/** Names in a sentence, joined as the language joins them. */
export function listed(names: readonly string[]): HTMLElement {
  // What Intl joins must not be the names themselves: one may look like what it joins with.
  const parts = lists.formatToParts(names.map((_, index) => String(index)));
  return make(
    'span',
    {},
    ...parts.map(({ type, value }) => (type === 'element' ? named(names[Number(value)] ?? '') : value)),
  );
}
