// Helpers to find elements, fill them with text and announce messages to screen readers.

import type { AnyId, SharedId } from './page-ids.js';

/** A function that finds an element by its id. */
export type Find<Id extends string> = <T extends HTMLElement = HTMLElement>(id: Id) => T;

/** Returns an element that exists on all pages. */
export const element: Find<SharedId> = anyElement;

/**
 * Returns the element with this id. Throws if the page has no such element. Each page has its own function `element`,
 * which accepts only the ids of that page.
 */
export function anyElement<T extends HTMLElement = HTMLElement>(id: AnyId): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found as T;
}

/**
 * Removes the control characters for writing direction from a name. A `bdi` element alone does not limit the effect of
 * these characters. If a name opens a bidirectional isolate without closing it, the end of the `bdi` element closes
 * this inner isolate. The outer isolate of the `bdi` element then stays open and affects the text that follows. Names
 * do not need these characters, because each letter has a natural direction.
 */
export function plain(name: string): string {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Returns a `bdi` element with the name as text, so that the name cannot reorder the words next to it. */
export function named(name: string): HTMLElement {
  const isolated = document.createElement('bdi');
  isolated.textContent = plain(name);
  return isolated;
}

/** Replaces the `{…}` placeholders of a text with names or elements. */
export function pieces(
  template: string,
  values: Readonly<Record<string, string | Element>> = {},
): readonly (string | Element)[] {
  return template.split(/(\{\w+\})/).map((part) => {
    const value = values[part.slice(1, -1)];
    if (!part.startsWith('{') || value === undefined) return part;
    return typeof value === 'string' ? named(value) : value;
  });
}

/** Sets the text of an element and replaces the `{…}` placeholders in the text with names. */
export function fill(target: Element, template: string, values: Readonly<Record<string, string>> = {}): void {
  target.replaceChildren(...pieces(template, values));
}

/**
 * Replaces placeholders with names and returns a string, for attributes and announcements. Each name is enclosed in
 * first-strong isolate characters, because a string cannot contain `bdi` elements.
 */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : `\u2068${plain(value)}\u2069`;
  });
}

/**
 * Announces a message to screen readers without moving the focus. While a dialog is open, screen readers read only the
 * live region in the dialog.
 */
export function announce(message: string): void {
  const live = document.querySelector('dialog[open] [data-live]') ?? element('live');
  // Screen readers do not announce the same text twice in a row, so add a space.
  live.textContent = live.textContent === message ? `${message}\u00a0` : message;
}

/** Shows or hides an element. A hidden element cannot be reached with the Tab key. */
export function show(target: HTMLElement, visible: boolean): void {
  target.hidden = !visible;
}

/** Shows an error under a field, or removes the error if the text is empty. */
export function showTrouble(
  field: HTMLElement,
  line: HTMLElement,
  template: string,
  values: Readonly<Record<string, string>> = {},
): void {
  fill(line, template, values);
  if (template === '') field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
}

/** Disables buttons while `work` runs. The disabled buttons stay focusable, so that the focus is not lost. */
export async function whileBusy(
  buttons: HTMLElement | readonly HTMLElement[],
  work: () => Promise<void>,
): Promise<void> {
  const all = buttons instanceof HTMLElement ? [buttons] : buttons;
  if (all.some((button) => button.getAttribute('aria-disabled') === 'true')) return;
  for (const button of all) button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } finally {
    for (const button of all) button.removeAttribute('aria-disabled');
  }
}

/**
 * Runs `work` when the user presses the target. The target is an element, or all elements with an attribute. While
 * `work` runs, further presses have no effect.
 *
 * @param busy Returns the buttons to disable while `work` runs. Default: the pressed button.
 */
export function onPress(
  target: HTMLElement | `[data-${string}]`,
  work: () => Promise<void>,
  busy: (pressed: HTMLElement) => readonly HTMLElement[] = (pressed) => [pressed],
): void {
  const buttons = typeof target === 'string' ? document.querySelectorAll<HTMLElement>(target) : [target];
  for (const button of buttons) {
    button.addEventListener('click', () => void whileBusy(busy(button), work));
  }
}
