// Who is there, from opening the page to leaving it.

import { texts } from '../texts/page-texts.js';
import { giveUpAttempt, leaveAttempt } from './attempt.js';
import { hideDevices, refreshDevices, startDevices } from './device-list.js';
import { forgetDialogs } from './dialogs.js';
import { announce, element, fill, onPress, show } from './dom.js';
import { rememberFocus } from './focus.js';
import { clearProblem, followNetwork, report, startNotice } from './notice.js';
import { devicesGone } from './outcome.js';
import { api } from './page-api.js';
import { logoutPanel, nobodyPanel, showPanel } from './panels.js';

let begin: () => Promise<void>;
let forget: () => void;

/**
 * Looks up who is there, then begins. `onBegin` shows the page's first panel, `onLeave` takes away what the page knows of
 * this person beside the attempt at hand. `search` is what the page's address needs again after a login, such as a code
 * that it came with; once somebody is there, the links to the login lose it.
 */
export function startPerson(onBegin: () => Promise<void>, onLeave: () => void, search = ''): void {
  begin = onBegin;
  forget = onLeave;
  linkLogin(search);
  startNotice(() => leave(nobodyPanel()));
  startDevices(devicesGone);
  onPress('#log-out', logOut);
  followNetwork(lookAgain);
  void open();
}

async function open(): Promise<void> {
  try {
    const me = await api.me();
    linkLogin('');
    fill(element('who-name'), texts.loggedInAs, { name: me.display_name ?? me.subject });
    show(element('who'), true);
  } catch (error) {
    report(error, () => void open());
    return;
  }
  await Promise.all([begin(), refreshDevices()]);
}

function linkLogin(search: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-login]')) {
    link.href = `login?return_to=${encodeURIComponent(location.pathname + search)}`;
  }
}

/** Whoever comes next to this screen sees nothing of the one who was here. */
function leave(panel: 'login' | 'cookie-lost' | 'still-in' | 'logged-out'): void {
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
    leave(logoutPanel(answer));
    if (answer?.logout_url) location.assign(answer.logout_url);
  } catch (error) {
    report(error, () => void logOut());
  }
}

/** After a loss of the network: whatever is shown may be old. */
function lookAgain(): void {
  void refreshDevices();
}
