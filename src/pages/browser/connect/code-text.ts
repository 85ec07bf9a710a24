// Shows a code on the screen and spells it out for screen readers.

/**
 * Shows a code in groups of characters. For screen readers, the code is spelled out, because they would read each group
 * as a word.
 */
export function showGroups(target: HTMLElement, code: string): void {
  const groups = code.split(/[-\s]+/).map((group) => {
    const part = document.createElement('bdi');
    part.textContent = group;
    return part;
  });
  const seen = document.createElement('span');
  seen.className = 'code-groups';
  seen.setAttribute('aria-hidden', 'true');
  seen.append(...groups.flatMap((group, index) => (index === 0 ? [group] : ['-', group])));
  const spelt = document.createElement('span');
  spelt.className = 'visually-hidden';
  spelt.textContent = groups.map((group) => [...(group.textContent ?? '')].join(' ')).join(', ');
  target.replaceChildren(seen, spelt);
}
