// The two modal dialogs of the connection pages. While a dialog is open, the browser keeps the focus inside the dialog.
// When the dialog closes, the browser returns the focus to the button that opened the dialog.

import { texts } from '../texts/page-texts.js';
import { element } from './connection-elements.js';
import { fill } from './dom.js';
import { rememberFocus } from './focus.js';

/** Shows a dialog until it closes. Resolves with the value of the pressed button, or `''` for Escape. */
export function ask(dialog: HTMLDialogElement): Promise<string> {
  const keepFocus = rememberFocus();
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    // The `close` event fires too late: the focus is then already back on the button that opened the dialog. If the
    // user presses that button before the event fires, either the press is lost, or the dialog opens again and the old
    // event counts as the answer to the new question.
    const closing = new MutationObserver(() => {
      closing.disconnect();
      keepFocus();
      resolve(dialog.open ? '' : dialog.returnValue);
    });
    closing.observe(dialog, { attributeFilter: ['open'] });
  });
}

/** Asks for confirmation of a change that cannot be undone. When the dialog opens, the focus is on the button Keep. */
export async function confirmed(title: string, text: string, values: Readonly<Record<string, string>> = {}) {
  const dialog = element<HTMLDialogElement>('confirm');
  fill(element('confirm-title'), title, values);
  fill(element('confirm-text'), text, values);
  return (await ask(dialog)) === 'confirm';
}

/** Asks for a new name for a device. Resolves with `undefined` if the name stays the same. */
export async function newName(current: string): Promise<string | undefined> {
  const dialog = element<HTMLDialogElement>('rename');
  const input = element<HTMLInputElement>('rename-name');
  input.value = current;
  // When the user presses Enter in the field, browsers press the first submit button. So Cancel must not be a submit
  // button.
  element('rename-cancel').onclick = () => dialog.close('');
  const answer = ask(dialog);
  input.select();
  const name = (await answer) === 'save' ? input.value.trim() : '';
  return name === '' || name === current ? undefined : name;
}

/** Cancels and closes the dialogs, and removes all names from them. */
export function clearDialogs(): void {
  element<HTMLDialogElement>('confirm').close('');
  element<HTMLDialogElement>('rename').close('');
  fill(element('confirm-title'), '');
  element<HTMLInputElement>('rename-name').value = '';
}

/** Returns the name of a device, or a placeholder if the device has no name. */
export function nameOf(device: { readonly name: string }): string {
  return device.name.trim() === '' ? texts.unnamedDevice : device.name;
}
