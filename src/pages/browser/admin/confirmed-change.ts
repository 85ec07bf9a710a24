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
  /** What the user must type into the dialog. */
  readonly typed?: TypedText | undefined;
}

/** The input of a confirmation dialog. */
export interface TypedText {
  readonly label: string;
  /** The text in the input when the dialog opens. Default: none. */
  readonly initial?: string | undefined;
  /**
   * Checks the typed text, and may send it to the server. The dialog closes if this function returns `''`. Otherwise,
   * the dialog shows the returned error message, and stays open.
   */
  check(text: string): string | Promise<string>;
  /** Is called with the typed text if the page closes the dialog, for example because the login has ended. */
  interrupted?(text: string): void;
}

const dialog = element<HTMLDialogElement>('ask');
const field = element<HTMLInputElement>('ask-typed');
const confirm = element('ask-yes');
let asked: Question | undefined;
/** The running check of the typed text. */
let checking: Promise<void> | undefined;

/** Adds the event listeners of the dialog. */
export function startQuestions(): void {
  element('ask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (confirm.getAttribute('aria-disabled') === 'true' || asked === undefined) return;
    if (asked.typed === undefined) dialog.close('yes');
    else checking = check(asked, asked.typed);
  });
  element('ask-no').addEventListener('click', () => dialog.close(''));
}

async function check(question: Question, typed: TypedText): Promise<void> {
  confirm.setAttribute('aria-disabled', 'true');
  const wrong = await typed.check(field.value.trim());
  if (asked !== question || !dialog.open) {
    // The dialog was closed in the meantime, so the error message appears in the notice.
    if (wrong !== '') showNotice(wrong);
    return;
  }
  confirm.removeAttribute('aria-disabled');
  if (wrong === '') return dialog.close('yes');
  showTrouble(field, element('ask-trouble'), wrong);
  field.focus();
}

/**
 * Asks for confirmation of a change that is hard to undo. When the dialog opens, the focus is on the input, if there is
 * one, or else on the Cancel button. If the user closes the dialog while the typed text is being checked, the returned
 * promise waits for the end of the check.
 */
export async function agreed(question: Question): Promise<boolean> {
  const { title, text, values, more = [], yes, typed } = question;
  asked = question;
  checking = undefined;
  confirm.removeAttribute('aria-disabled');
  field.value = typed?.initial ?? '';
  showTrouble(field, element('ask-trouble'), '');
  show(element('ask-field'), typed !== undefined);
  fill(element('ask-label'), typed?.label ?? '', values);
  fill(element('ask-title'), title, values);
  element('ask-text').replaceChildren(...pieces(text, values));
  element('ask-more').replaceChildren(...more);
  confirm.textContent = yes;
  const answer = ask(dialog);
  if (typed !== undefined) {
    field.focus();
    field.select();
  }
  const yesPressed = (await answer) === 'yes';
  if (asked === question) asked = undefined;
  await checking;
  return yesPressed;
}

/** Closes the dialog without a confirmation, and removes all names from the dialog. */
export function clearQuestion(): void {
  if (dialog.open) asked?.typed?.interrupted?.(field.value);
  dialog.close('');
  asked = undefined;
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
