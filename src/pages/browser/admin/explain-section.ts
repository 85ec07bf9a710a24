// The section that explains how the server would answer a request, or the next request of a user.

import type { ExplainRequest } from '../../../vocabulary/wire/explain-json.js';
import { announce, show, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem, report } from '../shared/notice.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { explained, outcome } from './explain-steps.js';
import { goTo, type Section } from './sections.js';

const subjectField = element<HTMLInputElement>('explain-subject');
const headersField = element<HTMLTextAreaElement>('explain-headers');
const ofUser = element<HTMLInputElement>('explain-of-user');
const ofRequest = element<HTMLInputElement>('explain-of-request');
let asked = 0;

/** Adds the event listeners of the section. */
export function startExplain(): Section {
  for (const choice of [ofUser, ofRequest]) choice.addEventListener('change', choose);
  element('explain-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void whileBusy(element('explain-send'), ask);
  });
  return {
    async enter() {
      // The selected option might have changed, because browsers restore form fields after a reload and a logout resets
      // the form.
      choose();
      return element('explain-title');
    },
    clear,
  };
}

/** Shows the explanation for a user, as if the administrator had typed the user's subject into the form. */
export function explainUser(subject: string): void {
  subjectField.value = subject;
  ofUser.checked = true;
  ofRequest.checked = false;
  choose();
  goTo('explain');
  // Do not wait for the answer to an earlier question.
  void ask();
}

function clear(): void {
  asked += 1;
  element('explain-steps').replaceChildren();
  element('explain-outcome').replaceChildren();
  show(element('explanation'), false);
}

function choose(): void {
  show(element('explain-user'), !ofRequest.checked);
  show(element('explain-request'), ofRequest.checked);
}

async function ask(): Promise<void> {
  const question = ofRequest.checked ? request() : user();
  if (question === undefined) return;
  clearProblem();
  asked += 1;
  const mine = asked;
  try {
    const explanation = await adminApi.explain(question);
    if (mine !== asked) return;
    element('explain-steps').replaceChildren(...explained(explanation));
    element('explain-outcome').replaceChildren(...outcome(explanation));
    show(element('explanation'), true);
    announce(element('explain-outcome').textContent ?? '');
  } catch (error) {
    if (mine === asked) report(error, () => void ask());
  }
}

function user(): ExplainRequest | undefined {
  const subject = subjectField.value.trim();
  trouble('subject', subject === '' ? adminTexts.explainSubjectMissing : '');
  return subject === '' ? undefined : { subject };
}

function request(): ExplainRequest | undefined {
  const lines = headersField.value.split(/\r?\n/);
  const headers: [string, string][] = [];
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const colon = text.indexOf(':');
    if (colon < 1) {
      trouble('headers', adminTexts.headersMalformed, { line: String(index + 1) });
      return undefined;
    }
    headers.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  trouble('headers', headers.length === 0 ? adminTexts.headersMissing : '');
  if (headers.length === 0) return undefined;
  const value = (name: 'peer' | 'target') => element<HTMLInputElement>(`explain-${name}`).value.trim();
  const [peer, target] = [value('peer'), value('target')];
  return { headers, ...(peer === '' ? {} : { peer }), ...(target === '' ? {} : { target }) };
}

function trouble(name: 'subject' | 'headers', text: string, values: Readonly<Record<string, string>> = {}): void {
  const field = element(`explain-${name}`);
  showTrouble(field, element(`explain-${name}-trouble`), text, values);
  if (text !== '') field.focus();
}
