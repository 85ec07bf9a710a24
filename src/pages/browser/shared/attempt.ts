// Tracks one attempt to connect a device, for the pages `quick-connect` and `activate`. The server decides the state of
// the attempt.

import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { texts } from '../texts/page-texts.js';
import { clearClaim } from './claim-facts.js';
import { element, showPanel } from './connection-elements.js';
import { refreshDevices } from './device-list.js';
import { nameOf } from './dialogs.js';
import { announce, anyElement, fill, filled, onPress, show } from './dom.js';
import { clearProblem, report } from './notice.js';
import { clearOutcome, showConnected, startOutcome } from './outcome.js';
import { api, problemOf } from './page-api.js';
import { type Feed, follow, isLive } from './pairing-feed.js';
import { type Ending, showAnyPanel } from './panels.js';
import { clock } from './time.js';

/** The parts of an attempt that differ between the pages `quick-connect` and `activate`. */
export interface Steps {
  /**
   * Shows an open or claimed pairing.
   *
   * @param before The previous state of the pairing.
   */
  show(pairing: WirePairing, before: WirePairing | undefined): void;
  /** Is called every second with the number of seconds that are left. */
  tick(left: number, pairing: WirePairing): void;
  /** Removes everything that `show` added to the page. */
  wipe(): void;
  /** The text that shows how much time an approved device has left to connect. */
  readonly approvedLeft: string;
  /** Returns the panel that shows how a pairing ended. */
  ending(pairing: WirePairing, before: WirePairing | undefined): Ending;
}

let steps: Steps;
let current: WirePairing | undefined;
let feed: Feed | undefined;
let ticking: number | undefined;
let endsAt = 0;

/** Adds the event listeners that the pages `quick-connect` and `activate` both need. */
export function startAttempt(page: Steps): void {
  steps = page;
  startOutcome(leaveAttempt);
  onPress('[data-cancel]', cancel);
  // When a tab becomes visible again, its state may be outdated: timers stop in hidden tabs and on sleeping computers,
  // and browsers may have restored the page from a cache.
  document.addEventListener('visibilitychange', () => !document.hidden && refreshAttempt());
  window.addEventListener('online', refreshAttempt);
}

/** The current attempt. */
export function attempt(): WirePairing | undefined {
  return current;
}

/** Fetches the state of the attempt now. */
export function refreshAttempt(): void {
  feed?.refresh();
}

/** Shows a pairing and follows it until it ends. */
export function beginAttempt(pairing: WirePairing): void {
  leaveAttempt();
  // Keep the id in case the page is reloaded. The id is not a secret, and the history state is lost when the tab
  // closes.
  history.replaceState({ pairing: pairing.id }, '');
  feed = follow(pairing, {
    changed: (next) => {
      clearProblem();
      apply(next);
    },
    failed: (problem) => {
      if (problem.kind === 'unknown') endAttempt('gone');
      else report(problem);
    },
  });
  ticking = setInterval(tick, 1000);
  apply(pairing);
}

/** Applies an answer from the server. Ignores the answer if it does not belong to the current attempt. */
export function applyAnswer(pairing: WirePairing): void {
  if (current?.id === pairing.id) apply(pairing);
}

function apply(pairing: WirePairing): void {
  const before = current;
  // If the answer does not contain the device, keep the device from an earlier answer.
  current = before?.device === undefined ? pairing : { ...pairing, device: pairing.device ?? before.device };
  endsAt = Date.now() + pairing.expires_in * 1000;
  if (pairing.status === 'open' || pairing.status === 'claimed') steps.show(pairing, before);
  else if (pairing.status === before?.status) return;
  else if (pairing.status === 'approved') showApproved(pairing);
  else if (pairing.status === 'redeemed') connected(pairing);
  else endAttempt(steps.ending(pairing, before));
  tick();
}

/** Stops following the attempt and removes it from the page. */
export function leaveAttempt(): void {
  feed?.stop();
  feed = undefined;
  current = undefined;
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
}

/** Cancels an attempt that has not ended. Never throws: the user is leaving, and the code expires soon anyway. */
export async function cancelAttempt(): Promise<void> {
  if (current !== undefined && isLive(current)) await api.cancelPairing(current.id).catch(() => undefined);
}

/** Resumes the attempt that this tab showed before a reload. Resolves with `false` if there is no attempt to resume. */
export async function resumeAttempt(): Promise<boolean> {
  const id = (history.state as { pairing?: string } | null)?.pairing;
  if (id === undefined) return false;
  try {
    const pairing = await api.pairing(id);
    if (!isLive(pairing)) return false;
    beginAttempt(pairing);
    return true;
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind !== 'login') return false;
    report(problem);
    return true;
  }
}

/** Ends the attempt and shows how it ended. */
export function endAttempt(ending: Ending): void {
  leaveAttempt();
  clearProblem();
  showAnyPanel(ending);
  announce(anyElement(`${ending}-title`).textContent ?? '');
  void refreshDevices();
}

/** Handles a refused request. If the attempt has ended in the meantime, fetches its state to show how it ended. */
export function refused(error: unknown, retry: () => void): void {
  const { kind } = problemOf(error);
  if (kind === 'ended' || kind === 'unknown') refreshAttempt();
  else report(error, retry);
}

async function cancel(): Promise<void> {
  if (current === undefined) return;
  try {
    await api.cancelPairing(current.id);
    endAttempt('cancelled');
  } catch (error) {
    refused(error, () => void cancel());
  }
}

function tick(): void {
  if (current === undefined || !isLive(current)) return;
  const left = (endsAt - Date.now()) / 1000;
  steps.tick(left, current);
  if (current.status === 'approved') fill(element('approved-left'), steps.approvedLeft, { time: clock(left) });
  // Only the server knows whether the attempt has ended, so ask the server when the countdown reaches zero.
  if (left <= 0) refreshAttempt();
}

function showApproved(pairing: WirePairing): void {
  wipe();
  const name = nameOf({ name: pairing.claim?.device_name ?? '' });
  fill(element('approved-title'), texts.approvedTitle, { name });
  showPanel('approved');
  announce(filled(texts.approvedTitle, { name }));
}

function connected(pairing: WirePairing): void {
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
  show(element('revoke-now'), pairing.device !== undefined);
  showConnected(pairing.device ?? { id: '', name: '' });
}

/** Removes the code and all names, which must not stay on the page after the attempt has ended or the user has left. */
function wipe(): void {
  steps.wipe();
  clearClaim();
  clearOutcome();
  fill(element('approved-title'), '');
}
