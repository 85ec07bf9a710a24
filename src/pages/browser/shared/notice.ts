// The line above the card that says what is wrong just now.

import { texts } from '../texts/page-texts.js';
import { element, fill, show } from './dom.js';
import { rememberFocus } from './focus.js';
import { Problem, problemOf } from './page-api.js';
import { wait } from './time.js';

let again: (() => void) | undefined;
/** Counts what was said. */
let count = 0;
let loginEnded: () => void = () => {};
let forbidden: (() => void) | undefined;

/**
 * Wires up the line. `onLoginEnded` is called when an answer says that nobody is logged in, `onForbidden` when it says that
 * whoever is lacks the role.
 */
export function startNotice(onLoginEnded: () => void, onForbidden?: () => void): void {
  loginEnded = onLoginEnded;
  forbidden = onForbidden;
  element('try-again').addEventListener('click', retryProblem);
}

/**
 * Says when the network is gone, and calls `goOn` when it is back. What had failed for want of it just before is then tried
 * again, too: browsers notice the loss later than whoever was pressing a button.
 */
export function followNetwork(goOn: () => void): void {
  let resume: (() => void) | undefined;
  window.addEventListener('offline', () => {
    const failed = again;
    if (failed === undefined || failed !== resume) {
      resume = () => {
        goOn();
        failed?.();
      };
    }
    showProblem(new Problem('offline'), resume);
  });
  window.addEventListener('online', retryProblem);
}

/** Says what went wrong, whatever it is; where nobody is logged in any more, that comes before all. */
export function report(error: unknown, retry?: () => void): void {
  const problem = problemOf(error);
  if (problem.kind === 'login') loginEnded();
  else if (problem.kind === 'forbidden' && forbidden !== undefined) forbidden();
  else showProblem(problem, retry);
}

/** Shows a problem. With `retry` there is a button for it; without, the page goes on by itself. */
function showProblem(problem: Problem, retry?: () => void): void {
  const { kind, message, retryAfter } = problem;
  const text = {
    login: texts.loginText,
    forbidden: texts.refused,
    offline: texts.offline,
    unavailable: texts.unavailable,
    limit: texts.limit,
    throttled: retryAfter > 0 ? texts.throttledFor : texts.throttled,
    ended: texts.unexpected,
    mismatch: texts.matchWrong,
    unknown: texts.unexpected,
    refused: texts.refused,
    unexpected: texts.unexpected,
  }[kind];
  showNotice(text, { reason: message, time: wait(retryAfter) }, retry);
}

/** Shows a sentence of the page's own. */
export function showNotice(
  text: string,
  values: Readonly<Record<string, string>> = {},
  retry?: (() => void) | undefined,
): void {
  fill(element('notice-text'), text, values);
  again = retry;
  count += 1;
  show(element('try-again'), retry !== undefined);
  show(element('notice'), true);
}

/** The number of what was said last. */
export function noticeNow(): number {
  return count;
}

/** Takes the line away if it still says this. */
export function takeBack(notice: number): void {
  if (notice === count) clearProblem();
}

/** Takes the line away. */
export function clearProblem(): void {
  const keepFocus = rememberFocus();
  again = undefined;
  show(element('notice'), false);
  keepFocus();
}

/** Takes the line away and tries again what it was about. */
function retryProblem(): void {
  const retry = again;
  clearProblem();
  retry?.();
}
