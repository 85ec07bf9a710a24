// The panels of the card. One is shown, and the focus goes along.
import { element, show } from './dom.js';

/** Every panel that there is; a page has some of them. */
export type Panel =
  | 'loading'
  | 'login'
  | 'cookie-lost'
  | 'still-in'
  | 'logged-out'
  | 'forbidden'
  | 'idle'
  | 'open'
  | 'claimed'
  | 'decide'
  | 'approved'
  | 'connected'
  | Ending;

/** How an attempt ends without a device, or with one that is gone again. */
export type Ending =
  | 'revoked'
  | 'denied'
  | 'mismatched'
  | 'expired'
  | 'burned'
  | 'replayed'
  | 'cancelled'
  | 'over'
  | 'gone';

// Read at once: the page `activate` takes its address's query away.
const fromLogin = new URLSearchParams(location.search).get('from') === 'login';

/** What to show where nobody is logged in. Straight from the login (the server marks the address) that needs a reason. */
export function nobodyPanel(): 'login' | 'cookie-lost' {
  return fromLogin ? 'cookie-lost' : 'login';
}

/** What to show after a logout: the proxy may log this browser in again at once. */
export function logoutPanel(answer: { readonly proxy_login?: boolean } | undefined): 'still-in' | 'logged-out' {
  return answer?.proxy_login === true ? 'still-in' : 'logged-out';
}

let panel: Panel = 'loading';

/** The panel that is shown. */
export function panelNow(): Panel {
  return panel;
}

/** Shows a panel; if the focus was in the one before, it moves to the new one's heading. */
export function showPanel(next: Panel): void {
  if (next === panel) return;
  const before = element(`panel-${panel}`);
  const hadFocus = before.contains(document.activeElement);
  panel = next;
  show(element(`panel-${next}`), true);
  if (hadFocus) element(`${next}-title`).focus();
  show(before, false);
}
