// Shows one panel of the card at a time. If the panel with the focus disappears, the focus moves to the new panel.
import type { LogoutResponse } from '../../../vocabulary/wire/login-json.js';
import { anyElement, show } from './dom.js';
import type { AnyId, PanelOf } from './page-ids.js';

/** The names of the panels of all pages. Each page has only some of these panels. */
export type Panel = PanelOf<AnyId>;

/** The panels that say why an attempt has ended without a connected device. */
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

// Read the query string when the script loads, because the page `activate` later removes it from the address.
const fromLogin = new URLSearchParams(location.search).get('from') === 'login';

/**
 * Returns the panel for a user who is not logged in. If the address contains `from=login`, the browser has come from
 * the login without sending the session cookie back, and the panel says so.
 */
export function nobodyPanel(): 'login' | 'cookie-lost' {
  return fromLogin ? 'cookie-lost' : 'login';
}

/**
 * Returns the panel to show after a logout. The panel depends on whether the proxy would immediately log this browser
 * in again.
 */
export function logoutPanel(answer: LogoutResponse | undefined): 'still-in' | 'logged-out' {
  return answer?.proxy_login === true ? 'still-in' : 'logged-out';
}

let panel: Panel = 'loading';

/** Returns the visible panel. */
export function panelNow(): Panel {
  return panel;
}

/**
 * Shows a panel. Throws if the page has no such panel. If the focus was in the previous panel, the focus moves to the
 * heading of the new panel. Each page has its own function `showPanel`, which accepts only the panels of that page.
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
