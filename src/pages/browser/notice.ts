// pages, browser: the line above the card that says what is wrong just now.
import type { Problem } from './api.js';
import { element, fill, show } from './dom.js';
import { strings } from './strings.js';

let again: (() => void) | undefined;

/** Shows a problem. With `retry` there is a button for it; without, the page goes on by itself. */
export function showProblem(problem: Problem, retry?: () => void): void {
  const { kind, message } = problem;
  const text = {
    login: strings.loginText,
    offline: strings.offline,
    unavailable: strings.unavailable,
    spreading: strings.spreading,
    limit: strings.limit,
    unknown: strings.unexpected,
    refused: strings.refused,
    unexpected: strings.unexpected,
  }[kind];
  fill(element('notice-text'), text, { reason: message });
  again = retry;
  show(element('try-again'), retry !== undefined);
  show(element('notice'), true);
}

/** Takes the line away. */
export function clearProblem(): void {
  again = undefined;
  show(element('notice'), false);
}

/** Takes the line away and tries again what it was about. */
export function retryProblem(): void {
  const retry = again;
  clearProblem();
  retry?.();
}

/** Wires up the button. */
export function startNotice(): void {
  element('try-again').addEventListener('click', retryProblem);
}
