// Shows the current problem in a notice above the card.

import { texts } from '../texts/page-texts.js';
import { element, fill, show } from './dom.js';
import { rememberFocus } from './focus.js';
import { Problem, problemOf } from './page-api.js';
import { wait } from './time.js';

let again: (() => void) | undefined;
/** The number of notices shown so far. */
let count = 0;
let loginEnded: () => void = () => {};
let forbidden: (() => void) | undefined;

/**
 * Adds the event listener for the notice's button.
 *
 * @param onLoginEnded Is called when an answer says that the user is not logged in.
 * @param onForbidden Is called when an answer says that the user does not have the required role.
 */
export function startNotice(onLoginEnded: () => void, onForbidden?: () => void): void {
  loginEnded = onLoginEnded;
  forbidden = onForbidden;
  element('try-again').addEventListener('click', retryProblem);
}

/**
 * Shows a notice when the network is lost, and calls `goOn` when the network is back. If a request failed before the
 * browser reported the network loss, that request is retried as well.
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

/** Handles any error. Shows a notice, or asks the user to log in if the user's login has ended. */
export function report(error: unknown, retry?: () => void): void {
  const problem = problemOf(error);
  if (problem.kind === 'login') loginEnded();
  else if (problem.kind === 'forbidden' && forbidden !== undefined) forbidden();
  else showProblem(problem, retry);
}

/** Shows a problem. With `retry`, the notice has a retry button. Without `retry`, the page recovers by itself. */
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

/** Shows a notice with one of the page's texts. */
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

/** Returns the number of the latest notice, for `retractNotice`. */
export function noticeNow(): number {
  return count;
}

/** Hides the notice with this number, unless a later notice has replaced it. */
export function retractNotice(notice: number): void {
  if (notice === count) clearProblem();
}

/** Hides the notice. */
export function clearProblem(): void {
  const keepFocus = rememberFocus();
  again = undefined;
  show(element('notice'), false);
  keepFocus();
}

/** Hides the notice and retries the failed request. */
function retryProblem(): void {
  const retry = again;
  clearProblem();
  retry?.();
}
