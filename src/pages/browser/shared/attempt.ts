// One attempt to connect a device, as far as both pages show it alike. The server says where it stands.

import { texts } from '../texts/page-texts.js';
import { forgetClaim } from './claim-facts.js';
import { refreshDevices } from './device-list.js';
import { nameOf } from './dialogs.js';
import { announce, element, fill, filled, onPress, show } from './dom.js';
import { clearProblem, report } from './notice.js';
import { forgetOutcome, showConnected, startOutcome } from './outcome.js';
import { api, type Pairing, problemOf } from './page-api.js';
import { type Feed, follow, isLive } from './pairing-feed.js';
import { type Ending, showPanel } from './panels.js';
import { clock } from './time.js';

/** What a page adds. */
export interface Steps {
  /** Shows a pairing that is open or claimed; `before`: what was known of it. */
  show(pairing: Pairing, before: Pairing | undefined): void;
  /** Is called every second with the seconds that are left. */
  tick(left: number, pairing: Pairing): void;
  /** Takes what `show` has shown out of the page. */
  wipe(): void;
  /** The sentence about the time left until an approved device has to come. */
  readonly approvedLeft: string;
  /** Which panel tells of this end. */
  ending(pairing: Pairing, before: Pairing | undefined): Ending;
}

let steps: Steps;
let current: Pairing | undefined;
let feed: Feed | undefined;
let ticking: number | undefined;
let endsAt = 0;

/** Wires up what both pages have. */
export function startAttempt(page: Steps): void {
  steps = page;
  startOutcome(leaveAttempt);
  onPress('[data-cancel]', cancel);
  // Timers sleep in hidden tabs and with the computer, and a page can come back from the browser's cache.
  document.addEventListener('visibilitychange', () => !document.hidden && refreshAttempt());
  window.addEventListener('online', refreshAttempt);
}

/** The attempt at hand. */
export function attempt(): Pairing | undefined {
  return current;
}

/** Asks the server now where the attempt stands. */
export function refreshAttempt(): void {
  feed?.refresh();
}

/** Follows a pairing until it has ended. */
export function beginAttempt(pairing: Pairing): void {
  leaveAttempt();
  // The id is no secret, and the tab's own history dies with the tab.
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

/** Shows what the server answered about the attempt, unless its owner has left meanwhile. */
export function applyAnswer(pairing: Pairing): void {
  if (current?.id === pairing.id) apply(pairing);
}

function apply(pairing: Pairing): void {
  const before = current;
  // How it ended does not change the device that it was about.
  current = before?.device === undefined ? pairing : { ...pairing, device: pairing.device ?? before.device };
  endsAt = Date.now() + pairing.expires_in * 1000;
  if (pairing.status === 'open' || pairing.status === 'claimed') steps.show(pairing, before);
  else if (pairing.status === before?.status) return;
  else if (pairing.status === 'approved') showApproved(pairing);
  else if (pairing.status === 'redeemed') connected(pairing);
  else endAttempt(steps.ending(pairing, before));
  tick();
}

/** Forgets the attempt at hand and what the card shows of it. */
export function leaveAttempt(): void {
  feed?.stop();
  feed = undefined;
  current = undefined;
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
}

/** Takes back what is still under way. Never throws: it is done on the way out, and the code soon ends by itself. */
export async function giveUpAttempt(): Promise<void> {
  if (current !== undefined && isLive(current)) await api.cancelPairing(current.id).catch(() => undefined);
}

/** Takes up the attempt that this tab was showing before a reload. `false`: there is none, or it has ended. */
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

/** Says how the attempt ended. */
export function endAttempt(ending: Ending): void {
  leaveAttempt();
  clearProblem();
  showPanel(ending);
  announce(element(`${ending}-title`).textContent ?? '');
  void refreshDevices();
}

/** After a refusal: it may be that the attempt has ended meanwhile, and the feed knows how. */
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
  // Whether it is over is for the server to say: this only knows when to ask.
  if (left <= 0) refreshAttempt();
}

function showApproved(pairing: Pairing): void {
  wipe();
  const name = nameOf({ name: pairing.claim?.device_name ?? '' });
  fill(element('approved-title'), texts.approvedTitle, { name });
  showPanel('approved');
  announce(filled(texts.approvedTitle, { name }));
}

function connected(pairing: Pairing): void {
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
  show(element('revoke-now'), pairing.device !== undefined);
  showConnected(pairing.device ?? { id: '', name: '' });
}

/** A code that is over must not stay in the page, nor a name after its owner has left. */
function wipe(): void {
  steps.wipe();
  forgetClaim();
  forgetOutcome();
  fill(element('approved-title'), '');
}
