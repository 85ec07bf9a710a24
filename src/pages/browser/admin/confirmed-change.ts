// Asks for confirmation before a change, and shows why a change failed.

import { ask } from '../shared/dialogs.js';
import { fill, pieces, show, showTrouble } from '../shared/dom.js';
import { report, showNotice } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { element } from './admin-elements.js';

/** The content of a confirmation dialog. */
export interface Question {
  readonly title: string;
  readonly values: Readonly<Record<string, string>>;
  readonly text: string;
  /** Further details, such as the effect of the change. */
  readonly more?: readonly (string | Node)[] | undefined;
  /** The label of the confirm button. */
  readonly yes: string;
  /** The text that the user must type to confirm the change, and the label and the error message of the input. */
  readonly typed?: { readonly label: string; readonly text: string; readonly wrong: string } | undefined;
}

const dialog = element<HTMLDialogElement>('ask');
const field = element<HTMLInputElement>('ask-typed');
let typed: Question['typed'];

/** Adds the event listeners of the dialog. */
export function startQuestions(): void {
  element('ask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (typed !== undefined && field.value.trim() !== typed.text) {
      showTrouble(field, element('ask-trouble'), typed.wrong);
      field.focus();
      return;
    }
    dialog.close('yes');
  });
  element('ask-no').addEventListener('click', () => dialog.close(''));
}

/**
 * Asks for confirmation of a change that is hard to undo. When the dialog opens, the focus is on the input, if there is
 * one, or else on the Cancel button.
 */
export async function agreed(question: Question): Promise<boolean> {
  const { title, text, values, more = [], yes } = question;
  typed = question.typed;
  field.value = '';
  showTrouble(field, element('ask-trouble'), '');
  show(element('ask-field'), typed !== undefined);
  fill(element('ask-label'), typed?.label ?? '', { subject: typed?.text ?? '' });
  fill(element('ask-title'), title, values);
  element('ask-text').replaceChildren(...pieces(text, values));
  element('ask-more').replaceChildren(...more);
  element('ask-yes').textContent = yes;
  const answer = ask(dialog);
  if (typed !== undefined) field.focus();
  return (await answer) === 'yes';
}

/** Closes the dialog without a confirmation, and removes all names from the dialog. */
export function clearQuestion(): void {
  dialog.close('');
  typed = undefined;
  field.value = '';
  for (const id of ['ask-title', 'ask-text', 'ask-more', 'ask-label'] as const) element(id).replaceChildren();
}

/**
 * Shows why a change failed.
 *
 * @param reload Loads and shows the current values. The function is called after a version conflict, so that the user
 * sees these values before trying again.
 */
export async function changeFailed(error: unknown, reload: () => Promise<void>, retry?: () => void): Promise<void> {
  const problem = problemOf(error);
  if (problem.code === 'ERR_VERSION') {
    await reload();
    showNotice(adminTexts.changedMeanwhile);
    return;
  }
  if (problem.code === 'ERR_LAST_ADMINISTRATOR') {
    showNotice(adminTexts.lastAdministrator);
    return;
  }
  report(problem, retry);
}
