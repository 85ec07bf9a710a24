// Switches between the sections of the page `admin`. The address selects the section (`#users`, `#users/<id>`, …), so
// links and the browser's back button work.

import { show } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { adminTexts } from '../texts/admin-texts.js';
import { element } from './admin-elements.js';
import { clearQuestion } from './confirmed-change.js';

/** The names of the sections, as they appear in the page's address. */
const names = ['users', 'groups', 'devices', 'audit', 'explain'] as const;

/** A section's name. */
export type SectionName = (typeof names)[number];

/** One section. */
export interface Section {
  /**
   * Shows the section. Resolves with the heading that receives the focus.
   *
   * @param rest The part of the address after the section's name.
   */
  enter(rest: string): Promise<HTMLElement>;
  /** Removes all data that the section has loaded, but keeps everything that the user typed. */
  clear(): void;
}

let sections: Readonly<Record<SectionName, Section>>;
let running = false;
/** This number increases with each navigation. */
let entered = 0;

/**
 * Adds the event listener for the navigation. No section is visible until `resumeSections` is called for the first
 * time.
 */
export function startSections(all: Readonly<Record<SectionName, Section>>): void {
  sections = all;
  window.addEventListener('hashchange', () => {
    if (!running) return;
    // The notice and the dialog belong to the previous section, so neither may be used in this section.
    clearProblem();
    clearQuestion();
    void enter(true);
  });
}

/** Shows the section that the address names. If `focus` is `true`, moves the focus to the section's heading. */
export async function resumeSections(focus: boolean): Promise<void> {
  running = true;
  await enter(focus);
}

/** Removes all data that the sections have loaded. */
export function suspendSections(): void {
  running = false;
  for (const name of names) sections[name].clear();
}

/** Navigates to a section, then calls `then`. Because the navigation hides all notices, use `then` to show a notice. */
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
  // Do not move the focus if the user has moved it while the section was loading.
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
