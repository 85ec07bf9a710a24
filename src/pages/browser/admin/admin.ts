// The entry script of the page `admin`.

import { announce, fill, onPress, show } from '../shared/dom.js';
import { rememberFocus } from '../shared/focus.js';
import { clearProblem, followNetwork, report, startNotice } from '../shared/notice.js';
import { api } from '../shared/page-api.js';
import { logoutPanel, nobodyPanel } from '../shared/panels.js';
import { texts } from '../texts/page-texts.js';
import { element, showPanel } from './admin-elements.js';
import { auditOf, startAudit } from './audit-section.js';
import { clearQuestion, startQuestions } from './confirmed-change.js';
import { startDevices } from './device-section.js';
import { explainUser, startExplain } from './explain-section.js';
import { closeMappingForm } from './mapping-form.js';
import { startMappings } from './mapping-section.js';
import { closeNewUser } from './new-user-form.js';
import { resumeSections, startSections, suspendSections } from './sections.js';
import { forgetTyped } from './user-changes.js';
import { startUsers } from './user-search-section.js';
import { userNow } from './user-section.js';

/** The subject of the logged-in user. Other users must not see what this user typed. */
let person: string | undefined;
let away = true;
const loginLinks = document.querySelectorAll<HTMLAnchorElement>('a[data-login]');
let opening = false;

async function open(): Promise<void> {
  // When the user returns to the tab, two events fire. Ignore the second event.
  if (opening) return;
  opening = true;
  try {
    const { subject, display_name: name } = await api.me();
    if (person !== undefined && person !== subject) clearTyped();
    person = subject;
    fill(element('who-name'), texts.loggedInAs, { name: name ?? subject });
  } catch (error) {
    report(error, () => void open());
    return;
  } finally {
    opening = false;
  }
  away = false;
  clearProblem();
  const hadFocus = element('connect').contains(document.activeElement);
  for (const id of ['who', 'sections'] as const) show(element(id), true);
  show(element('connect'), false);
  await resumeSections(hadFocus);
}

/**
 * Removes all data that the page has loaded. Hides the typed input but keeps it, in case the same user logs in again.
 */
function leave(panel: 'login' | 'cookie-lost' | 'still-in' | 'logged-out' | 'forbidden'): void {
  const keepFocus = rememberFocus(element(`${panel}-title`));
  const hadNoFocus = document.activeElement === document.body;
  const wasHere = !away;
  away = true;
  clearQuestion();
  suspendSections();
  clearProblem();
  fill(element('who-name'), '');
  announce('');
  for (const id of ['who', 'sections'] as const) show(element(id), false);
  show(element('connect'), true);
  showPanel(panel);
  // The login opens in another tab, so that this tab keeps the typed input.
  for (const link of loginLinks) link.target = person === undefined ? '' : '_blank';
  show(element('login-again'), person !== undefined);
  if (hadNoFocus && wasHere) element(`${panel}-title`).focus();
  else keepFocus();
}

function clearTyped(): void {
  clearQuestion();
  forgetTyped();
  for (const form of document.querySelectorAll('form')) form.reset();
  closeMappingForm();
  closeNewUser();
}

async function logOut(): Promise<void> {
  try {
    const answer = await api.logOut();
    clearTyped();
    person = undefined;
    leave(logoutPanel(answer));
    if (answer?.logout_url) location.assign(answer.logout_url);
  } catch (error) {
    report(error, () => void logOut());
  }
}

/** Checks whether the user has logged in again in another tab. */
async function lookAgain(): Promise<void> {
  if (away && person !== undefined && !document.hidden) await open();
}

/** Fetches the data again after a network loss, because the data on the page might be out of date. */
function goOn(): void {
  void (away ? open() : resumeSections(false));
}

for (const link of loginLinks) link.href = `login?return_to=${encodeURIComponent(location.pathname)}`;
startNotice(
  () => leave(nobodyPanel()),
  () => leave('forbidden'),
);
startQuestions();
startSections({
  users: startUsers(),
  groups: startMappings(),
  devices: startDevices(),
  audit: startAudit(),
  explain: startExplain(),
});
onPress(element('log-out'), logOut);
onPress('[data-again]', open);
element('user-why').addEventListener('click', () => explainUser(userNow()?.subject ?? ''));
element('user-trail').addEventListener('click', () => auditOf(userNow()?.subject ?? ''));
followNetwork(goOn);
window.addEventListener('focus', () => void lookAgain());
document.addEventListener('visibilitychange', () => void lookAgain());
void open();
