// Shows the code, the QR code and the link of an open pairing, and hides them when the user is away.

import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { announce, fill, show } from '../shared/dom.js';
import { api } from '../shared/page-api.js';
import { panelNow } from '../shared/panels.js';
import { clock } from '../shared/time.js';
import { texts } from '../texts/page-texts.js';
import { showGroups } from './code-text.js';
import { element } from './connect-elements.js';

/** The page hides the code when the user has been inactive for this many milliseconds. */
const unwatchedMilliseconds = 300_000;
/** How many milliseconds the page waits before it tries again to load a QR code. */
const qrAgainMilliseconds = 5000;

let pairing: WirePairing | undefined;
let codeEndsAt = 0;
let concealed = false;
let lookedAt = 0;
let drawn: string | undefined;
let qrTimer: number | undefined;

/** Adds the event listeners for the QR code and for user activity. */
export function startShownCode(): void {
  const qr = element<HTMLImageElement>('qr');
  qr.addEventListener('load', () => showQr(true));
  qr.addEventListener('error', () => {
    showQr(false);
    clearTimeout(qrTimer);
    qrTimer = setTimeout(drawQr, qrAgainMilliseconds);
  });
  element('reveal').addEventListener('click', reveal);
  for (const sign of ['pointermove', 'pointerdown', 'keydown', 'scroll', 'focus']) {
    window.addEventListener(sign, seen, { passive: true });
  }
  document.addEventListener('visibilitychange', () => {
    if (panelNow() !== 'open') return;
    if (document.hidden) conceal();
    // The page hid the code while the user was away, so tell the user now.
    else if (concealed) announce(texts.concealed);
  });
}

/** Shows the current code of the pairing. A new code of the same pairing does not change the QR code. */
export function showCode(next: WirePairing): void {
  const before = pairing;
  pairing = next;
  if (next.code_expires_in !== undefined) {
    codeEndsAt = Date.now() + Math.max(1, next.code_expires_in) * 1000;
    const bar = element<HTMLProgressElement>('code-time');
    bar.max = Math.max(next.code_expires_in, before === undefined ? 60 : bar.max);
  }
  if (before?.id !== next.id) {
    lookedAt = Date.now();
    setConcealed(document.hidden);
    drawQr();
  }
  if (concealed) return;
  draw(next);
  if (before?.code !== undefined && next.code !== undefined && before.code !== next.code) announce(texts.codeRotated);
}

/**
 * Updates the countdown, and hides the code if the user has been inactive for too long. Returns `true` when a new code
 * is due.
 */
export function tickCode(): boolean {
  if (!concealed && Date.now() - lookedAt >= unwatchedMilliseconds) {
    conceal();
    announce(texts.concealed);
  }
  if (concealed) return false;
  const left = (codeEndsAt - Date.now()) / 1000;
  const text = left > 0 ? texts.codeRotates : texts.codeRefreshing;
  fill(element('code-rotates'), text, { time: clock(left) });
  element<HTMLProgressElement>('code-time').value = Math.max(0, left);
  return left <= 0;
}

/** Removes the code, the QR code and the link from the page. It is not enough to hide them. */
export function wipeCode(): void {
  pairing = undefined;
  setConcealed(false);
  removeCode();
}

function seen(): void {
  lookedAt = Date.now();
}

function conceal(): void {
  if (concealed) return;
  const hadFocus = element('revealed').contains(document.activeElement);
  setConcealed(true);
  removeCode();
  if (hadFocus) element('reveal').focus();
}

function reveal(): void {
  seen();
  setConcealed(false);
  element('open-title').focus();
  if (pairing === undefined) return;
  // While the code is hidden, the page requests no new code, so the last code might have expired.
  draw(Date.now() < codeEndsAt ? pairing : { ...pairing, code: '' });
  drawQr();
}

function setConcealed(hidden: boolean): void {
  concealed = hidden;
  show(element('revealed'), !hidden);
  show(element('concealed'), hidden);
  fill(element('open-title'), hidden ? texts.concealedTitle : texts.openTitle);
}

function draw({ code, uri }: WirePairing): void {
  const link = element<HTMLAnchorElement>('same-device');
  if (uri !== undefined && /^https?:/.test(uri)) link.href = uri;
  show(link, link.href !== '');
  if (code === undefined || code === drawn) return;
  drawn = code;
  showGroups(element('code'), code);
}

function removeCode(): void {
  clearTimeout(qrTimer);
  drawn = undefined;
  fill(element('code'), '');
  element('qr').removeAttribute('src');
  element('same-device').removeAttribute('href');
}

function drawQr(): void {
  if (pairing !== undefined && !concealed) element<HTMLImageElement>('qr').src = api.qrPath(pairing.id);
}

function showQr(visible: boolean): void {
  show(element('qr-figure'), visible);
  show(element('qr-failed'), !visible);
}
