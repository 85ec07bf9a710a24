// Helpers to find elements, fill them with text and announce messages to screen readers.

/** Returns the element with this id. The page must contain it. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found as T;
}

/**
 * Removes the control characters for writing direction from a name. A `bdi` element alone does not limit their effect:
 * if a name opens an isolate and never closes it, the end of the `bdi` closes that isolate instead, and the name
 * affects the text that follows. Letters keep their natural direction.
 */
export function plain(name: string): string {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Puts a name, as text, into a `bdi` element, so that the name cannot reorder the words next to it. */
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

/** Puts a text into an element and replaces its `{…}` placeholders with names. */
export function fill(target: Element, template: string, values: Readonly<Record<string, string>> = {}): void {
  target.replaceChildren(...pieces(template, values));
}

/** Like `fill`, but returns a string, for attributes and announcements. Uses first-strong isolates instead of `bdi`. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : `\u2068${plain(value)}\u2069`;
  });
}

/**
 * Announces a message to screen readers without moving the focus. While a dialog is open, they read only its own live
 * region.
 */
export function announce(message: string): void {
  const live = document.querySelector('dialog[open] [data-live]') ?? element('live');
  // Screen readers would not announce the same text again.
  live.textContent = live.textContent === message ? `${message}\u00a0` : message;
}

/** Shows or hides an element. A hidden element also leaves the tab order. */
export function show(target: HTMLElement, visible: boolean): void {
  target.hidden = !visible;
}

/** Shows an error under a field. An empty text removes it. */
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

/** Disables buttons while their work runs. They stay focusable, so that the focus is not lost. */
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
 * Runs `work` when one of these elements is pressed, but not again before it has finished.
 *
 * @param busy Returns the buttons to disable meanwhile. Default: the pressed button.
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
