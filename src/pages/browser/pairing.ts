// pages, browser: the card. One panel a state; the server says which state it is, this only shows it.
import { api, type Pairing, problemOf } from './api.js';
import { showGroups } from './code.js';
import { refreshDevices, revokeAtOnce } from './devices.js';
import { nameOf } from './dialogs.js';
import { announce, element, fill, filled, show, whileBusy } from './dom.js';
import { type Feed, follow } from './feed.js';
import { clearProblem, showProblem } from './notice.js';
import { strings } from './strings.js';
import { clock } from './time.js';

/** The panels of the markup. */
type Panel =
  | 'loading'
  | 'idle'
  | 'open'
  | 'connected'
  | 'revoked'
  | 'expired'
  | 'burned'
  | 'replayed'
  | 'cancelled'
  | 'gone'
  | 'login'
  | 'logged-out';

let panel: Panel = 'loading';
let current: Pairing | undefined;
let feed: Feed | undefined;
let ticking: number | undefined;
let codeEndsAt = 0;
let pairingEndsAt = 0;
let loginEnded: () => void = () => {};

/** Wires up the card. `onLoginEnded` is called when an answer says that nobody is logged in. */
export function startPairing(onLoginEnded: () => void): void {
  loginEnded = onLoginEnded;
  for (const button of document.querySelectorAll<HTMLElement>('[data-connect]')) {
    button.addEventListener('click', () => void whileBusy(button, () => connect()));
  }
  const cancelButton = element('cancel');
  cancelButton.addEventListener('click', () => void whileBusy(cancelButton, cancel));
  const revokeButton = element('revoke-now');
  revokeButton.addEventListener('click', () => void whileBusy(revokeButton, revokeConnected));
  const qr = element<HTMLImageElement>('qr');
  qr.addEventListener('error', () => showQr(false));
  qr.addEventListener('load', () => showQr(true));
  // Timers sleep in hidden tabs and with the computer, and a page can come back from the browser's cache.
  document.addEventListener('visibilitychange', () => !document.hidden && feed?.refresh());
  window.addEventListener('online', () => feed?.refresh());
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

/** Forgets the attempt at hand and what the card shows of it. */
export function leavePairing(): void {
  feed?.stop();
  feed = undefined;
  current = undefined;
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
}

/** Takes back a code that is still open. Never throws: it is done on the way out, and the code soon ends by itself. */
export async function giveUpPairing(): Promise<void> {
  if (current?.status === 'open') await api.cancelPairing(current.id).catch(() => undefined);
}

/** Takes up the attempt that this tab was showing before a reload; without one offers to begin. */
export async function resumePairing(): Promise<void> {
  const id = (history.state as { pairing?: string } | null)?.pairing;
  if (id === undefined) return showPanel('idle');
  try {
    const pairing = await api.pairing(id);
    if (pairing.status === 'open') begin(pairing);
    else showPanel('idle');
  } catch (error) {
    if (problemOf(error).kind === 'login') loginEnded();
    else showPanel('idle');
  }
}

async function connect(): Promise<void> {
  clearProblem();
  try {
    begin(await api.openPairing());
    announce(strings.codeReady);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'login') loginEnded();
    else showProblem(problem);
  }
}

function begin(pairing: Pairing): void {
  leavePairing();
  // The id is no secret, and the tab's own history dies with the tab.
  history.replaceState({ pairing: pairing.id }, '');
  element<HTMLImageElement>('qr').src = api.qrPath(pairing.id);
  feed = follow(pairing, {
    changed: (next) => {
      clearProblem();
      apply(next);
    },
    failed: (problem) => {
      if (problem.kind === 'login') loginEnded();
      else if (problem.kind === 'unknown') end('gone');
      else showProblem(problem);
    },
  });
  ticking = setInterval(tick, 1000);
  apply(pairing);
}

/** Shows what the server said about the pairing. */
function apply(pairing: Pairing): void {
  const before = current;
  current = { ...before, ...pairing };
  if (pairing.status === 'open') {
    showCode(pairing, before?.code);
    showPanel('open');
    tick();
    return;
  }
  if (pairing.status === before?.status) return;
  if (pairing.status === 'redeemed') connected(pairing);
  else end(pairing.status === 'burned' && before?.status === 'redeemed' ? 'replayed' : pairing.status);
}

function showCode(pairing: Pairing, before: string | undefined): void {
  const now = Date.now();
  pairingEndsAt = now + pairing.expires_in * 1000;
  if (pairing.code_expires_in !== undefined) {
    codeEndsAt = now + Math.max(1, pairing.code_expires_in) * 1000;
    const bar = element<HTMLProgressElement>('code-time');
    bar.max = Math.max(pairing.code_expires_in, before === undefined ? 60 : bar.max);
  }
  const link = element<HTMLAnchorElement>('same-device');
  if (pairing.uri !== undefined && /^https?:/.test(pairing.uri)) link.href = pairing.uri;
  show(link, link.href !== '');
  if (pairing.code === undefined || pairing.code === before) return;
  showGroups(element('code'), pairing.code);
  if (before !== undefined) announce(strings.codeRotated);
}

function tick(): void {
  if (current?.status !== 'open') return;
  const now = Date.now();
  const codeLeft = (codeEndsAt - now) / 1000;
  const pairingLeft = (pairingEndsAt - now) / 1000;
  fill(element('waiting'), strings.waiting.replace('{time}', clock(pairingLeft)));
  const rotates = codeLeft > 0 ? strings.codeRotates.replace('{time}', clock(codeLeft)) : strings.codeRefreshing;
  fill(element('code-rotates'), rotates);
  element<HTMLProgressElement>('code-time').value = Math.max(0, codeLeft);
  // Whether it is over is for the server to say: this only knows when to ask.
  if (codeLeft <= 0 || pairingLeft <= 0) feed?.refresh();
}

function connected(pairing: Pairing): void {
  clearInterval(ticking);
  history.replaceState(null, '');
  wipe();
  const name = nameOf(pairing.device ?? { name: '' });
  fill(element('connected-title'), strings.connectedTitle, { name });
  show(element('revoke-now'), pairing.device !== undefined);
  showPanel('connected');
  announce(filled(strings.connectedTitle, { name }));
  void refreshDevices(pairing.device?.id);
}

/** Keeps the card true when its device was revoked in the list below. */
export function devicesGone(ids: readonly string[]): void {
  if (panel === 'connected' && current?.device && ids.includes(current.device.id)) showRevoked(current.device);
}

function showRevoked(device: { readonly name: string }): void {
  leavePairing();
  fill(element('revoked-title'), strings.revokedTitle, { name: nameOf(device) });
  showPanel('revoked');
  announce(filled(strings.revokedTitle, { name: nameOf(device) }));
}

function end(next: Exclude<Panel, 'open' | 'connected'>): void {
  leavePairing();
  clearProblem();
  showPanel(next);
  announce(element(`${next}-title`).textContent ?? '');
  void refreshDevices();
}

/** A code that is over must not stay in the page, nor a name after its owner has left. */
function wipe(): void {
  fill(element('code'), '');
  element('qr').removeAttribute('src');
  element('same-device').removeAttribute('href');
  for (const title of ['connected-title', 'revoked-title']) fill(element(title), '');
}

async function cancel(): Promise<void> {
  if (current === undefined) return;
  try {
    await api.cancelPairing(current.id);
    end('cancelled');
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'login') loginEnded();
    // It ended by itself meanwhile: the feed knows how.
    else if (problem.kind === 'refused' || problem.kind === 'unknown') feed?.refresh();
    else showProblem(problem, () => void cancel());
  }
}

async function revokeConnected(): Promise<void> {
  const device = current?.device;
  if (device === undefined) return;
  try {
    await revokeAtOnce(device);
    showRevoked(device);
    await refreshDevices();
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'login') loginEnded();
    else showProblem(problem, () => void revokeConnected());
  }
}

function showQr(visible: boolean): void {
  show(element('qr-figure'), visible);
  show(element('qr-failed'), !visible);
}
