// The entry script of the page `quick-connect`.

import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { beginAttempt, refreshAttempt, resumeAttempt, startAttempt } from '../shared/attempt.js';
import { announce, fill, onPress } from '../shared/dom.js';
import { clearProblem, report } from '../shared/notice.js';
import { api } from '../shared/page-api.js';
import type { PanelOf } from '../shared/page-ids.js';
import type { Ending } from '../shared/panels.js';
import { startPerson } from '../shared/person.js';
import { clock } from '../shared/time.js';
import { texts } from '../texts/page-texts.js';
import { clearApproval, showApproval, startApproval, tickApproval, wasLastTry } from './approval-card.js';
import { element, showPanel } from './connect-elements.js';
import type { ConnectId } from './connect-ids.js';
import { showCode, startShownCode, tickCode, wipeCode } from './shown-code.js';

async function connect(): Promise<void> {
  clearProblem();
  try {
    beginAttempt(await api.openPairing());
    announce(texts.codeReady);
  } catch (error) {
    report(error);
  }
}

function showStep(pairing: WirePairing, before: WirePairing | undefined): void {
  if (pairing.status === 'open') {
    showCode(pairing);
    showPanel('open');
    return;
  }
  wipeCode();
  showApproval(pairing, before);
}

function tick(left: number, { status }: WirePairing): void {
  if (status === 'claimed') tickApproval(left);
  if (status !== 'open') return;
  fill(element('open-left'), texts.waiting, { time: clock(left) });
  if (tickCode()) refreshAttempt();
}

function ending({ status }: WirePairing, before: WirePairing | undefined): Ending & PanelOf<ConnectId> {
  if (status === 'burned') return before?.status === 'redeemed' ? 'replayed' : 'burned';
  if (status === 'denied') return wasLastTry(before) ? 'mismatched' : 'denied';
  return status === 'expired' || status === 'cancelled' ? status : 'gone';
}

function wipe(): void {
  wipeCode();
  clearApproval();
}

startAttempt({ show: showStep, tick, wipe, ending, approvedLeft: texts.approvedLeft });
startShownCode();
startApproval();
onPress('[data-connect]', connect);
startPerson(async () => {
  if (!(await resumeAttempt())) showPanel('idle');
}, wipe);
