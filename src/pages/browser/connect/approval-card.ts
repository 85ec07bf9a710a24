// Asks the user to approve or deny the device that used the code. To approve, the user types the number that the app
// shows.

import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { applyAnswer, attempt, refreshAttempt, refused } from '../shared/attempt.js';
import { showClaim, tickClaim } from '../shared/claim-facts.js';
import { nameOf } from '../shared/dialogs.js';
import { announce, fill, filled, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { api, problemOf } from '../shared/page-api.js';
import { clock } from '../shared/time.js';
import { plural, texts } from '../texts/page-texts.js';
import { element, showPanel } from './connect-elements.js';

/** How many times the user may enter a number for one pairing. */
const tries = 3;
/** `true` while the page waits for the result of a number that it has sent. */
let underway = false;

const field = () => element<HTMLInputElement>('match-number');

/** Adds the event listeners of the form. */
export function startApproval(): void {
  const buttons = [element('approve'), element('deny')];
  element('approval').addEventListener('submit', (event) => {
    event.preventDefault();
    void whileBusy(buttons, approve);
  });
  element('deny').addEventListener('click', () => void whileBusy(buttons, deny));
  field().addEventListener('input', (event) => {
    if (!(event as InputEvent).isComposing) field().value = digits(field().value).slice(0, 2);
  });
}

/** Shows the device. After a wrong number, also shows how many tries are left. */
export function showApproval(pairing: WirePairing, before: WirePairing | undefined): void {
  const { claim, tries_left: left = tries } = pairing;
  if (before?.status !== 'claimed') {
    clearApproval();
    if (claim !== undefined) showClaim(claim);
    showPanel('claimed');
    announce(filled(texts.claimArrived, { name: nameOf({ name: claim?.device_name ?? '' }) }));
  }
  if (left < (before?.tries_left ?? tries)) {
    underway = false;
    trouble(`${texts.matchWrong} ${plural(texts.triesLeft, left)}`, { count: String(left) });
  }
}

/** Updates the countdown. */
export function tickApproval(left: number): void {
  tickClaim();
  fill(element('claimed-left'), texts.decideLeft, { time: clock(left) });
}

/** Returns whether the pairing was denied because of a wrong number that was entered on this page. */
export function wasLastTry(before: WirePairing | undefined): boolean {
  return underway && before?.tries_left === 1;
}

/** Clears the field and its error. */
export function clearApproval(): void {
  underway = false;
  field().value = '';
  trouble('');
}

async function approve(): Promise<void> {
  const pairing = attempt();
  if (pairing === undefined) return;
  if (!/^\d{2}$/.test(field().value)) {
    trouble(texts.matchMissing);
    field().focus();
    return;
  }
  clearProblem();
  underway = true;
  try {
    applyAnswer(await api.approve(pairing.id, field().value));
  } catch (error) {
    if (problemOf(error).kind !== 'mismatch') {
      underway = false;
      return refused(error, () => void approve());
    }
    // Only the server knows how many tries are left and whether this was the last try.
    refreshAttempt();
    field().focus();
    field().select();
  }
}

async function deny(): Promise<void> {
  const pairing = attempt();
  if (pairing === undefined) return;
  clearProblem();
  underway = false;
  try {
    applyAnswer(await api.deny(pairing.id));
  } catch (error) {
    refused(error, () => void deny());
  }
}

function trouble(text: string, values: Readonly<Record<string, string>> = {}): void {
  showTrouble(field(), element('match-trouble'), text, values);
}

/** Removes everything except digits, and converts the digits of all scripts to 0–9. */
function digits(value: string): string {
  return [...value.matchAll(/\p{Nd}/gu)].map(([digit]) => decimal(digit)).join('');
}

/**
 * Returns the value of a digit. The function relies on Unicode's order: in each script, the digits from zero to nine
 * are adjacent.
 */
function decimal(digit: string): number {
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint((digit.codePointAt(0) ?? 0) - value - 1))) value += 1;
  return value;
}
