// pages, browser: who is there, from opening the page to leaving it.
import { api } from './api.js';
import { giveUpAttempt, leaveAttempt } from './attempt.js';
import { hideDevices, refreshDevices, startDevices } from './devices.js';
import { forgetDialogs } from './dialogs.js';
import { announce, element, fill, onPress, show } from './dom.js';
import { rememberFocus } from './focus.js';
import { clearProblem, followNetwork, report, startNotice } from './notice.js';
import { devicesGone } from './outcome.js';
import { showPanel } from './panels.js';
import { texts } from './texts.js';

let begin: () => Promise<void>;
let forget: () => void;

/**
 * Looks up who is there, then begins. `onBegin` shows the page's first panel, `onLeave` takes away what the page knows of
 * this person beside the attempt at hand.
 */
export function startPerson(onBegin: () => Promise<void>, onLeave: () => void): void {
  begin = onBegin;
  forget = onLeave;
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-login]')) {
    link.href = `login?return_to=${encodeURIComponent(location.pathname)}`;
  }
  startNotice(() => leave('login'));
  startDevices(devicesGone);
  onPress('#log-out', logOut);
  followNetwork(lookAgain);
  void open();
}

async function open(): Promise<void> {
  try {
    const me = await api.me();
    fill(element('who-name'), texts.loggedInAs, { name: me.display_name ?? me.subject });
    show(element('who'), true);
  } catch (error) {
    report(error, () => void open());
    return;
  }
  await Promise.all([begin(), refreshDevices()]);
}

/** Whoever comes next to this screen sees nothing of the one who was here. */
function leave(panel: 'login' | 'logged-out'): void {
  const keepFocus = rememberFocus(element(`${panel}-title`));
  leaveAttempt();
  forget();
  forgetDialogs();
  hideDevices();
  clearProblem();
  show(element('who'), false);
  fill(element('who-name'), '');
  announce('');
  showPanel(panel);
  keepFocus();
}

async function logOut(): Promise<void> {
  try {
    // A code that stays open would let a device in after its owner has left.
    await giveUpAttempt();
    const answer = await api.logOut();
    leave('logged-out');
    if (answer?.logout_url) location.assign(answer.logout_url);
  } catch (error) {
    report(error, () => void logOut());
  }
}

/** After a loss of the network: whatever is shown may be old. */
function lookAgain(): void {
  void refreshDevices();
}
