// Formats and checks the code that a device shows (RFC 8628 §6.1) while the user types the code.

/** Removes everything except letters and digits, and converts the letters to upper case. */
function lettersOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** Formats `wdjbmjht` as `WDJB-MJHT`. Drops all characters after the eighth letter or digit. */
export function grouped(typed: string): string {
  const letters = lettersOf(typed).slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}

/**
 * Returns whether `code` has the form of a user code. The server counts even a malformed code as a try, so the page
 * checks the form before it sends a code.
 */
export function isUserCode(code: string): boolean {
  return /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/.test(code);
}

/** Formats the code while the user types. The caret stays after the same letter. */
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
 * Returns the code in the page's address (RFC 8628 §3.3.1, `verification_uri_complete`). Removes the code from the
 * address, because addresses appear in the browser history and on the screen.
 */
export function codeFromAddress(): string {
  const { hash, search, pathname } = location;
  const code = new URLSearchParams(hash.slice(1)).get('code') ?? new URLSearchParams(search).get('user_code') ?? '';
  if (hash !== '' || search !== '') history.replaceState(history.state, '', pathname);
  return grouped(code);
}
