// Restores the focus when the focused element disappears. By default, browsers move the focus to the top of the page,
// so people who use a keyboard or a screen reader lose their place.

/**
 * Remembers the focused element. Call the returned function after the page has changed. If the focus was lost, the
 * returned function moves it to the element that replaced the focused element. If nothing replaced that element, the
 * function moves the focus to `heading`, or to the nearest visible heading if `heading` is omitted.
 */
export function rememberFocus(heading?: HTMLElement): () => void {
  const before = document.activeElement;
  if (!(before instanceof HTMLElement) || before === document.body) return () => {};
  const around = ancestors(before);
  return () => {
    if (before.checkVisibility()) return;
    const now = document.activeElement;
    // The user has moved the focus in the meantime.
    if (now !== null && now !== before && now !== document.body && now.checkVisibility()) return;
    (sameIn(around, before) ?? heading ?? headingIn(around))?.focus();
  };
}

function ancestors(element: Element): readonly Element[] {
  const parent = element.parentElement;
  return parent === null ? [] : [parent, ...ancestors(parent)];
}

/** Finds the element that replaced the focused element in the same container. */
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
