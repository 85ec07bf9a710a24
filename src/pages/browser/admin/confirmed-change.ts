// Changes by administrators: the question before, and what is said when one did not come about.

import { ask } from '../shared/dialogs.js';
import { element, fill, pieces, show, showTrouble } from '../shared/dom.js';
import { report, showNotice } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';

/** What is asked before a change. */
export interface Question {
  readonly title: string;
  readonly values: Readonly<Record<string, string>>;
  readonly text: string;
  /** More about it, such as what it changes. */
  readonly more?: readonly (string | Node)[];
  /** What the button says that does it. */
  readonly yes: string;
  /** What has to be typed first, and how the field is called. */
  readonly typed?: { readonly label: string; readonly text: string; readonly wrong: string };
}

const dialog = element<HTMLDialogElement>('ask');
const field = element<HTMLInputElement>('ask-typed');
let typed: Question['typed'];

/** Wires up the dialog. */
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

/** Asks before a change that cannot simply be taken back. The safe answer has the focus. */
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

/** Closes the question as if by Escape, and forgets the names in it. */
export function forgetQuestion(): void {
  dialog.close('');
  typed = undefined;
  field.value = '';
  for (const id of ['ask-title', 'ask-text', 'ask-more', 'ask-label']) element(id).replaceChildren();
}

/**
 * Says why a change did not come about. `reload` shows what is there now: before somebody decides anew, they see what the
 * others have made of it.
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
