// Shows the device that has connected, with a button to revoke it.

import { texts } from '../texts/page-texts.js';
import { element, showPanel } from './connection-elements.js';
import { refreshDevices, revokeAtOnce } from './device-list.js';
import { nameOf } from './dialogs.js';
import { announce, fill, filled, onPress } from './dom.js';
import { report } from './notice.js';
import { panelNow } from './panels.js';

interface Connected {
  readonly id: string;
  readonly name: string;
}

let device: Connected | undefined;
let over: () => void = () => {};

/**
 * Adds the event listener of the panel. `onRevoked` is called when the device has been revoked, which ends the attempt.
 */
export function startOutcome(onRevoked: () => void): void {
  over = onRevoked;
  onPress(element('revoke-now'), revokeNow);
}

/** Shows which device has connected. */
export function showConnected(connected: Connected): void {
  device = connected;
  const name = nameOf(connected);
  fill(element('connected-title'), texts.connectedTitle, { name });
  showPanel('connected');
  announce(filled(texts.connectedTitle, { name }));
  void refreshDevices(connected.id);
}

/** If the device in the card was revoked in the list of devices, the card shows the revocation as well. */
export function devicesGone(ids: readonly string[]): void {
  if (panelNow() === 'connected' && device !== undefined && ids.includes(device.id)) showRevoked(device);
}

/** Removes the names from the page, so that nobody sees them after the user has left. */
export function clearOutcome(): void {
  device = undefined;
  for (const title of ['connected-title', 'revoked-title'] as const) fill(element(title), '');
}

function showRevoked(revoked: Connected): void {
  over();
  const name = nameOf(revoked);
  fill(element('revoked-title'), texts.revokedTitle, { name });
  showPanel('revoked');
  announce(filled(texts.revokedTitle, { name }));
}

async function revokeNow(): Promise<void> {
  const connected = device;
  if (connected === undefined) return;
  try {
    await revokeAtOnce(connected);
    showRevoked(connected);
    await refreshDevices();
  } catch (error) {
    report(error, () => void revokeNow());
  }
}
