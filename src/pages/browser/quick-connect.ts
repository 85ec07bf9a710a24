// pages, browser: the entry of the `quick-connect` page. Reads as what happens when it opens.
import { api, Problem, problemOf } from './api.js';
import { hideDevices, refreshDevices, startDevices } from './devices.js';
import { forgetDialogs } from './dialogs.js';
import { announce, element, fill, show, whileBusy } from './dom.js';
import { clearProblem, retryProblem, showProblem, startNotice } from './notice.js';
import { devicesGone, giveUpPairing, leavePairing, resumePairing, showPanel, startPairing } from './pairing.js';
import { strings } from './strings.js';

async function open(): Promise<void> {
  try {
    const me = await api.me();
    fill(element('who-name'), strings.loggedInAs, { name: me.display_name ?? me.subject });
    show(element('who'), true);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'login') loginEnded();
    else showProblem(problem, () => void open());
    return;
  }
  await Promise.all([resumePairing(), refreshDevices()]);
}

/** Whoever comes next to this screen sees nothing of the one who was here. */
function leave(panel: 'login' | 'logged-out'): void {
  leavePairing();
  forgetDialogs();
  hideDevices();
  clearProblem();
  show(element('who'), false);
  fill(element('who-name'), '');
  announce('');
  showPanel(panel);
}

function loginEnded(): void {
  leave('login');
}

async function logOut(): Promise<void> {
  try {
    // A code that stays open would let a device in after its owner has left.
    await giveUpPairing();
    const answer = await api.logOut();
    leave('logged-out');
    if (answer?.logout_url) location.assign(answer.logout_url);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'login') loginEnded();
    else showProblem(problem, () => void logOut());
  }
}

/** After a loss of the network: whatever is shown may be old. */
function lookAgain(): void {
  void refreshDevices();
}

for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-login]')) {
  link.href = `login?return_to=${encodeURIComponent(location.pathname)}`;
}
startNotice();
startPairing(loginEnded);
startDevices(loginEnded, devicesGone);
const logOutButton = element('log-out');
logOutButton.addEventListener('click', () => void whileBusy(logOutButton, logOut));
window.addEventListener('offline', () => showProblem(new Problem('offline'), lookAgain));
window.addEventListener('online', retryProblem);
void open();
