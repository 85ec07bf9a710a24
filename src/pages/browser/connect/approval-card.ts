// The question whether a device that used the code may come in, and the number that proves it.

import { applyAnswer, attempt, refreshAttempt, refused } from '../shared/attempt.js';
import { showClaim, tickClaim } from '../shared/claim-facts.js';
import { nameOf } from '../shared/dialogs.js';
import { announce, element, fill, filled, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { api, type Pairing, problemOf } from '../shared/page-api.js';
import { showPanel } from '../shared/panels.js';
import { clock } from '../shared/time.js';
import { plural, texts } from '../texts/page-texts.js';

/** How many wrong numbers a pairing takes. */
const tries = 3;
/** A number is on its way, and no answer to it was seen yet. */
let underway = false;

const field = () => element<HTMLInputElement>('match-number');

/** Wires up the form. */
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

/** Shows who asks, and how often the number was wrong so far. */
export function showApproval(pairing: Pairing, before: Pairing | undefined): void {
  const { claim, tries_left: left = tries } = pairing;
  if (before?.status !== 'claimed') {
    forgetApproval();
    if (claim !== undefined) showClaim(claim);
    showPanel('claimed');
    announce(filled(texts.claimArrived, { name: nameOf({ name: claim?.device_name ?? '' }) }));
  }
  if (left < (before?.tries_left ?? tries)) {
    underway = false;
    trouble(`${texts.matchWrong} ${plural(texts.triesLeft, left)}`, { count: String(left) });
  }
}

/** Counts down. */
export function tickApproval(left: number): void {
  tickClaim();
  fill(element('claimed-left'), texts.decideLeft, { time: clock(left) });
}

/** Whether the pairing that is now denied was so for a number typed here, and not by somebody's no. */
export function wasLastTry(before: Pairing | undefined): boolean {
  return underway && before?.tries_left === 1;
}

/** Empties the field. */
export function forgetApproval(): void {
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
    // How many tries are left, or that this was the last, is for the server to say.
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

/** Only the digits, of whichever script the keyboard has. */
function digits(value: string): string {
  return [...value.matchAll(/\p{Nd}/gu)].map(([digit]) => decimal(digit)).join('');
}

/** Unicode keeps each script's digits together, and in order. */
function decimal(digit: string): number {
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint((digit.codePointAt(0) ?? 0) - value - 1))) value += 1;
  return value;
}
