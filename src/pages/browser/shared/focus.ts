// What takes the focus when the element that had it goes. Without it, the focus falls back to the top of
// the page, and whoever reads by keyboard or screen reader starts there again.

/**
 * Remembers where the focus is. Call the returned function after the page has changed: where the focus is lost by then, it
 * goes to the element that looks the same in the same place, otherwise to `heading`, and otherwise to the nearest
 * heading that is shown.
 */
export function rememberFocus(heading?: HTMLElement): () => void {
  const before = document.activeElement;
  if (!(before instanceof HTMLElement) || before === document.body) return () => {};
  const around = ancestors(before);
  return () => {
    if (before.checkVisibility()) return;
    const now = document.activeElement;
    // Somebody has been here in the meantime, and has gone on.
    if (now !== null && now !== before && now !== document.body && now.checkVisibility()) return;
    (sameIn(around, before) ?? heading ?? headingIn(around))?.focus();
  };
}

function ancestors(element: Element): readonly Element[] {
  const parent = element.parentElement;
  return parent === null ? [] : [parent, ...ancestors(parent)];
}

/** What has taken the element's place in the list that it was in. */
function sameIn(around: readonly Element[], before: HTMLElement): HTMLElement | undefined {
  if (before.isConnected) return undefined;
  const place = around.find((element) => element.isConnected);
  const wanted = describe(before);
  return [...(place?.querySelectorAll<HTMLElement>(before.localName) ?? [])].find((at) => describe(at) === wanted);
}

function describe(element: HTMLElement): string {
  return element.getAttribute('aria-label') ?? element.getAttribute('href') ?? element.textContent ?? '';
}

function headingIn(around: readonly Element[]): HTMLElement | undefined {
  for (const element of around) {
    const headings = element.querySelectorAll<HTMLElement>('h2[tabindex], h3[tabindex]');
    const shown = [...headings].find((heading) => heading.checkVisibility());
    if (shown !== undefined) return shown;
  }
  return undefined;
}
