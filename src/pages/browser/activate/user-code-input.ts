// The code that a device shows (RFC 8628 §6.1), while somebody types it.

/** Letters and digits as typed, in capitals; what a device may show besides is for the eye. */
function lettersOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** `wdjbmjht` → `WDJB-MJHT`; longer than a code it does not get. */
export function grouped(typed: string): string {
  const letters = lettersOf(typed).slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}

/** Whether a device can have shown this. A code that no device shows is not worth one of the tries. */
export function isUserCode(code: string): boolean {
  return /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/.test(code);
}

/** Groups the letters while they are typed; the caret stays behind the letter that it was behind. */
export function groupAsTyped(field: HTMLInputElement): void {
  field.addEventListener('input', (event) => {
    if ((event as InputEvent).isComposing) return;
    const letters = lettersOf(field.value.slice(0, field.selectionStart ?? field.value.length)).length;
    field.value = grouped(field.value);
    const caret = Math.min(letters > 4 ? letters + 1 : letters, field.value.length);
    field.setSelectionRange(caret, caret);
  });
}

/**
 * The code that the address came with (RFC 8628 §3.3.1, `verification_uri_complete`), which it then loses: addresses end
 * up in histories and on screens.
 */
export function codeFromAddress(): string {
  const { hash, search, pathname } = location;
  const code = new URLSearchParams(hash.slice(1)).get('code') ?? new URLSearchParams(search).get('user_code') ?? '';
  if (hash !== '' || search !== '') history.replaceState(history.state, '', pathname);
  return grouped(code);
}
