// Finding elements, filling them with text, and telling screen readers.

/** The element with this id, which the page's markup must have. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found as T;
}

/**
 * A name as it may be shown: without the characters that command a writing direction. A `bdi` alone does not hold them:
 * an isolate that the name opens and never closes takes the end of the `bdi` for its own, and swallows what follows.
 * Letters keep the direction that they have by themselves.
 */
export function plain(name: string): string {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** A name where it stands by itself: text, never markup, in a `bdi`, so that it cannot reorder the words beside it. */
export function named(name: string): HTMLElement {
  const isolated = document.createElement('bdi');
  isolated.textContent = plain(name);
  return isolated;
}

/** A text from the table with `{…}` replaced, by names or by elements. */
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

/** Puts a text from the table into an element, with `{…}` replaced by names. */
export function fill(target: Element, template: string, values: Readonly<Record<string, string>> = {}): void {
  target.replaceChildren(...pieces(template, values));
}

/** The same as a string, for attributes and announcements: first-strong isolates take the place of `bdi`. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : `\u2068${plain(value)}\u2069`;
  });
}

/** Says something to screen readers without moving the focus. What lies outside an open dialog is silent. */
export function announce(message: string): void {
  const live = document.querySelector('dialog[open] [data-live]') ?? element('live');
  // The same text again would not count as a change.
  live.textContent = live.textContent === message ? `${message}\u00a0` : message;
}

/** Hides or shows; what is hidden also leaves the tab order. */
export function show(target: HTMLElement, visible: boolean): void {
  target.hidden = !visible;
}

/** Says under a field what is wrong with what was typed into it; `''`: nothing is. */
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

/** Keeps buttons from being pressed while their work goes on; they stay focusable, so the focus is not lost. */
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
 * Runs `work` whenever one of these elements is pressed, but not again before it has come to its end. `busy`: which buttons
 * cannot be pressed meanwhile; by default the one that was.
 */
export function onPress(
  selector: string,
  work: () => Promise<void>,
  busy: (pressed: HTMLElement) => readonly HTMLElement[] = (pressed) => [pressed],
): void {
  for (const button of document.querySelectorAll<HTMLElement>(selector)) {
    button.addEventListener('click', () => void whileBusy(busy(button), work));
  }
}
