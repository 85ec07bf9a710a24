// The sections of the page `admin`. The address says which is shown (`#users`, `#users/<id>`, …), so each
// can be linked to, and the browser's own buttons lead back.

import { element, show } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { adminTexts } from '../texts/admin-texts.js';
import { forgetQuestion } from './confirmed-change.js';

/** What there is, as addresses spell it. */
const names = ['users', 'groups', 'devices', 'audit', 'explain'] as const;

/** A section's name. */
export type SectionName = (typeof names)[number];

/** One section. */
export interface Section {
  /** Shows it; `rest`: what the address has behind the name. Resolves with the heading that takes the focus. */
  enter(rest: string): Promise<HTMLElement>;
  /** Takes away what came from the server, and leaves what was typed. */
  forget(): void;
}

let sections: Readonly<Record<SectionName, Section>>;
let running = false;
/** Moves whenever something else is gone to. */
let entered = 0;

/** Wires up the navigation. Nothing is shown before `resumeSections`. */
export function startSections(all: Readonly<Record<SectionName, Section>>): void {
  sections = all;
  window.addEventListener('hashchange', () => {
    if (!running) return;
    // What they are about is not shown any more; tried again, or agreed to, they would change whatever is shown instead.
    clearProblem();
    forgetQuestion();
    void enter(true);
  });
}

/** Shows what the address says; `focus`: and takes the focus there. */
export async function resumeSections(focus: boolean): Promise<void> {
  running = true;
  await enter(focus);
}

/** Takes away what came from the server. */
export function suspendSections(): void {
  running = false;
  for (const name of names) sections[name].forget();
}

/** Goes to a section, as a link to it would. `then`: what is said there, since going takes away what was said before. */
export function goTo(place: SectionName | `users/${string}`, then?: () => void): void {
  if (then !== undefined) window.addEventListener('hashchange', then, { once: true });
  location.hash = place;
}

async function enter(focus: boolean): Promise<void> {
  entered += 1;
  const mine = entered;
  const [wanted = '', ...rest] = location.hash.slice(1).split('/');
  const name = names.find((known) => known === wanted) ?? 'users';
  for (const other of names) {
    show(element(`section-${other}`), other === name);
    const link = element(`to-${other}`);
    if (other === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${adminTexts[name]} · ${adminTexts.title}`;
  const before = document.activeElement;
  const heading = await sections[name].enter(decoded(rest.join('/')));
  // It may have taken a while: whoever is somewhere else by now is not called back.
  const still = mine === entered && [before, document.body].includes(document.activeElement);
  if (focus && still) heading.focus();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
