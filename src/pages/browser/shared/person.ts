// Shows who is logged in, and handles the logout.

import { texts } from '../texts/page-texts.js';
import { cancelAttempt, leaveAttempt } from './attempt.js';
import { element, showPanel } from './connection-elements.js';
import { hideDevices, refreshDevices, startDevices } from './device-list.js';
import { clearDialogs } from './dialogs.js';
import { announce, fill, onPress, show } from './dom.js';
import { rememberFocus } from './focus.js';
import { clearProblem, followNetwork, report, startNotice } from './notice.js';
import { devicesGone } from './outcome.js';
import { api } from './page-api.js';
import { logoutPanel, nobodyPanel } from './panels.js';

let begin: () => Promise<void>;
let clear: () => void;

/**
 * Fetches the logged-in user, then starts the page.
 *
 * @param onBegin Shows the first panel of the page.
 * @param onLeave Removes the user's data from the page, except the current attempt.
 * @param search The query string that the page needs again after a login, such as a user code. The query string is
 * removed from the login links as soon as the user is logged in.
 */
export function startPerson(onBegin: () => Promise<void>, onLeave: () => void, search = ''): void {
  begin = onBegin;
  clear = onLeave;
  linkLogin(search);
  startNotice(() => leave(nobodyPanel()));
  startDevices(devicesGone);
  onPress(element('log-out'), logOut);
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

/** Removes all data of the user from the page, so that the next person at this screen cannot see it. */
function leave(panel: 'login' | 'cookie-lost' | 'still-in' | 'logged-out'): void {
  const keepFocus = rememberFocus(element(`${panel}-title`));
  leaveAttempt();
  clear();
  clearDialogs();
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
    // If the code stayed valid, a device could still connect to the account after the user has left.
    await cancelAttempt();
    const answer = await api.logOut();
    leave(logoutPanel(answer));
    if (answer?.logout_url) location.assign(answer.logout_url);
  } catch (error) {
    report(error, () => void logOut());
  }
}

/** Fetches the devices again after a network loss, because the list on the page might be out of date. */
function lookAgain(): void {
  void refreshDevices();
}
