// The two questions that the page asks, each a modal dialog. The browser keeps the focus inside and
// gives it back to the button that asked.

import { texts } from '../texts/page-texts.js';
import { element, fill } from './dom.js';
import { rememberFocus } from './focus.js';

/** Shows a dialog until it closes; the pressed button's value, `''` for Escape. */
export function ask(dialog: HTMLDialogElement): Promise<string> {
  const keepFocus = rememberFocus();
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    // The event `close` comes too late: by then the focus is back on the button that asked, and a press on it would be
    // lost; or the dialog is open again, and the event would answer the next question.
    const closing = new MutationObserver(() => {
      closing.disconnect();
      keepFocus();
      resolve(dialog.open ? '' : dialog.returnValue);
    });
    closing.observe(dialog, { attributeFilter: ['open'] });
  });
}

/** Asks before something that cannot be undone. The safe answer has the focus. */
export async function confirmed(title: string, text: string, values: Readonly<Record<string, string>> = {}) {
  const dialog = element<HTMLDialogElement>('confirm');
  fill(element('confirm-title'), title, values);
  fill(element('confirm-text'), text, values);
  return (await ask(dialog)) === 'confirm';
}

/** Asks for a device's new name; `undefined`: keep the old one. */
export async function newName(current: string): Promise<string | undefined> {
  const dialog = element<HTMLDialogElement>('rename');
  const input = element<HTMLInputElement>('rename-name');
  input.value = current;
  // Not a submit button: Enter in the field presses the first of those.
  element('rename-cancel').onclick = () => dialog.close('');
  const answer = ask(dialog);
  input.select();
  const name = (await answer) === 'save' ? input.value.trim() : '';
  return name === '' || name === current ? undefined : name;
}

/** Closes what is open, as if by Escape, and forgets the names in it. */
export function forgetDialogs(): void {
  element<HTMLDialogElement>('confirm').close('');
  element<HTMLDialogElement>('rename').close('');
  fill(element('confirm-title'), '');
  element<HTMLInputElement>('rename-name').value = '';
}

/** The name to show for a device. */
export function nameOf(device: { readonly name: string }): string {
  return device.name.trim() === '' ? texts.unnamedDevice : device.name;
}
