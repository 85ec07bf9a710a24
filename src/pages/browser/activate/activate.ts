// The entry script of the page `activate` (RFC 8628 §3.3). After the page has looked up a code, the user must always
// approve the device: an attacker might have sent the user the code of the attacker's own device (§5.4).

import type { VerificationResponse, WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { beginAttempt, endAttempt, leaveAttempt, resumeAttempt, startAttempt } from '../shared/attempt.js';
import { clearClaim, showClaim, tickClaim } from '../shared/claim-facts.js';
import { fill, onPress, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem, report } from '../shared/notice.js';
import { api, problemOf } from '../shared/page-api.js';
import type { PanelOf } from '../shared/page-ids.js';
import { type Ending, panelNow } from '../shared/panels.js';
import { startPerson } from '../shared/person.js';
import { clock } from '../shared/time.js';
import { texts } from '../texts/page-texts.js';
import { element, showPanel } from './activate-elements.js';
import type { ActivateId } from './activate-ids.js';
import { codeFromAddress, groupAsTyped, isUserCode } from './user-code-input.js';

const field = element<HTMLInputElement>('user-code');
let code = '';
let decideUntil = 0;
let ticking: number | undefined;

async function lookUp(): Promise<void> {
  clearProblem();
  if (!isUserCode(field.value)) return trouble(texts.userCodeMalformed);
  try {
    const asked = field.value;
    const found = await api.lookUpUserCode(asked);
    if (panelNow() === 'idle') decide(asked, found);
  } catch (error) {
    if (problemOf(error).kind === 'unknown') trouble(texts.userCodeUnknown);
    else report(error);
  }
}

function decide(asked: string, { claim, expires_in: left }: VerificationResponse): void {
  code = asked;
  trouble('');
  if (claim !== undefined) showClaim(claim);
  fill(element('decide-text'), texts.decideText, { code });
  decideUntil = Date.now() + left * 1000;
  clearInterval(ticking);
  ticking = setInterval(tick, 1000);
  tick();
  showPanel('decide');
}

function tick(): void {
  const left = (decideUntil - Date.now()) / 1000;
  tickClaim();
  fill(element('decide-left'), texts.decideLeft, { time: clock(left) });
  // The server sends no event when the code expires, so the page checks the time itself.
  if (left <= 0) over('expired');
}

async function approve(): Promise<void> {
  const asked = code;
  await answer(async () => {
    const pairing = await api.approveUserCode(asked);
    if (asked !== code) return;
    clear();
    beginAttempt(pairing);
  }, approve);
}

async function deny(): Promise<void> {
  const asked = code;
  await answer(async () => {
    await api.denyUserCode(asked);
    if (asked === code) over('denied');
  }, deny);
}

/** Sends the user's decision. Ignores the result if the page has removed or replaced the code in the meantime. */
async function answer(send: () => Promise<void>, again: () => Promise<void>): Promise<void> {
  const asked = code;
  clearProblem();
  // Stop the countdown: after the decision is sent, only the server's answer counts.
  clearInterval(ticking);
  try {
    await send();
  } catch (error) {
    if (asked !== code) return;
    if (problemOf(error).kind === 'unknown') return over('over');
    ticking = setInterval(tick, 1000);
    report(error, () => void again());
  }
}

function over(ending: Ending & PanelOf<ActivateId>): void {
  clear();
  endAttempt(ending);
}

/** Removes the code and the details of the device from the page. */
function clear(): void {
  clearInterval(ticking);
  code = '';
  field.value = '';
  trouble('');
  fill(element('decide-text'), '');
  clearClaim();
}

async function enterAnother(): Promise<void> {
  clearProblem();
  leaveAttempt();
  clear();
  showPanel('idle');
  field.focus();
}

function trouble(text: string): void {
  showTrouble(field, element('user-code-trouble'), text);
  if (text !== '') field.focus();
}

function ending({ status }: WirePairing, before: WirePairing | undefined): Ending & PanelOf<ActivateId> {
  if (status === 'burned' && before?.status === 'redeemed') return 'replayed';
  return status === 'denied' || status === 'expired' || status === 'cancelled' ? status : 'gone';
}

const carried = codeFromAddress();
startAttempt({ show: () => {}, tick: () => {}, wipe: () => {}, ending, approvedLeft: texts.deviceApprovedLeft });
groupAsTyped(field);
const buttons = [element('approve'), element('deny')];
element('look-up').addEventListener('submit', (event) => {
  event.preventDefault();
  void whileBusy(element('continue'), lookUp);
});
element('decision').addEventListener('submit', (event) => {
  event.preventDefault();
  void whileBusy(buttons, approve);
});
element('deny').addEventListener('click', () => void whileBusy(buttons, deny));
onPress('[data-connect]', enterAnother);
startPerson(
  async () => {
    field.value = carried;
    if (!(await resumeAttempt())) showPanel('idle');
  },
  clear,
  carried === '' ? '' : `?user_code=${carried}`,
);
