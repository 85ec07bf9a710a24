// Shows one panel of the card at a time, and moves the focus with it.
import type { LogoutResponse } from '../../../vocabulary/wire/login-json.js';
import { anyElement, show } from './dom.js';
import type { AnyId, PanelOf } from './page-ids.js';

/** The panels of all pages. Each page has some of them. */
export type Panel = PanelOf<AnyId>;

/** How an attempt ends without a connected device, or with a revoked one. */
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

// Read on load, because the page `activate` removes the query from its address.
const fromLogin = new URLSearchParams(location.search).get('from') === 'login';

/**
 * Returns the panel for a user who is not logged in. Right after a login, which the server marks in the address, it is
 * the panel that explains the lost cookie.
 */
export function nobodyPanel(): 'login' | 'cookie-lost' {
  return fromLogin ? 'cookie-lost' : 'login';
}

/** Returns the panel after a log-out. The proxy may log this browser in again immediately. */
export function logoutPanel(answer: LogoutResponse | undefined): 'still-in' | 'logged-out' {
  return answer?.proxy_login === true ? 'still-in' : 'logged-out';
}

let panel: Panel = 'loading';

/** Returns the visible panel. */
export function panelNow(): Panel {
  return panel;
}

/**
 * Shows a panel, which the page must have. If the focus was in the previous panel, it moves to the heading of the new
 * one. The pages' own `showPanel` takes only their panels.
 */
export function showAnyPanel(next: Panel): void {
  if (next === panel) return;
  const before = anyElement(`panel-${panel}`);
  const hadFocus = before.contains(document.activeElement);
  panel = next;
  show(anyElement(`panel-${next}`), true);
  if (hadFocus) anyElement(`${next}-title`).focus();
  show(before, false);
}
