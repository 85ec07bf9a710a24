// The form that adds a user before the user's first login.

import type { CreateUserRequest, WireUser } from '../../../vocabulary/wire/admin-json.js';
import { announce, filled, show, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { changeFailed } from './confirmed-change.js';
import { goTo } from './sections.js';

const names = ['subject', 'method', 'name', 'email', 'roles'] as const;
const field = (name: (typeof names)[number]) => element<HTMLInputElement>(`new-user-${name}`);
const checked = ['subject', 'roles'] as const;

let added: () => void;
/**
 * This number increases whenever the form opens or closes. A late answer is recognized by its older number, so it
 * cannot affect a form that was opened later.
 */
let opening = 0;

/** Adds the event listeners of the form. The form calls `onAdded` when the list of users might have changed. */
export function startNewUser(onAdded: () => void): void {
  added = onAdded;
  const opener = element('add-user');
  opener.addEventListener('click', () => {
    clearProblem();
    if (element('new-user').hidden) opening += 1;
    show(element('new-user'), true);
    field('subject').focus();
  });
  element('new-user').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  for (const name of checked) field(name).addEventListener('input', () => trouble(name, ''));
  element('new-user-cancel').addEventListener('click', () => {
    closeNewUser();
    clearProblem();
    opener.focus();
  });
}

/** Closes the form and discards its input. */
export function closeNewUser(): void {
  opening += 1;
  element<HTMLFormElement>('new-user').reset();
  for (const name of checked) trouble(name, '');
  show(element('new-user'), false);
}

function send(): void {
  void whileBusy(element('new-user-send'), add);
}

async function add(): Promise<void> {
  const user = typed();
  trouble('subject', user.subject === '' ? adminTexts.newUserSubjectMissing : '');
  trouble('roles', '');
  if (user.subject === '') return field('subject').focus();
  clearProblem();
  const mine = opening;
  let made: WireUser;
  try {
    made = await adminApi.addUser(user);
  } catch (error) {
    if (mine === opening && refusedField(error)) return;
    return changeFailed(error, async () => added(), mine === opening ? send : undefined);
  }
  added();
  finish(made, mine, user.display_name ?? user.subject);
}

/**
 * Closes the form and shows the new user. If the administrator has left the form in the meantime, only announces the
 * new user.
 */
function finish(made: WireUser, mine: number, name: string): void {
  const watched = mine === opening && element('new-user').checkVisibility();
  if (mine === opening) closeNewUser();
  announce(filled(adminTexts.userAdded, { name }));
  if (watched) goTo(`users/${encodeURIComponent(made.id)}`);
}

function typed(): CreateUserRequest {
  const [subject, method, name, email, roles] = names.map((each) => field(each).value.trim());
  const granted = [...new Set((roles ?? '').split(/[\s,،]+/).filter((role) => role !== ''))];
  return {
    subject: subject ?? '',
    auth_method: method === 'local' ? 'local' : 'proxy',
    ...(name ? { display_name: name } : {}),
    ...(email ? { email } : {}),
    ...(granted.length > 0 ? { granted_roles: granted } : {}),
  };
}

/** If a single field caused the error, shows the error under this field. Otherwise, returns `false`. */
function refusedField(error: unknown): boolean {
  const said = new Map([
    ['ERR_SUBJECT_TAKEN', ['subject', adminTexts.newUserTaken]],
    ['ERR_SUBJECT_INVALID', ['subject', adminTexts.newUserSubjectWrong]],
    ['ERR_ROLE_NAME', ['roles', adminTexts.newUserRolesWrong]],
  ] as const).get(problemOf(error).code as 'ERR_SUBJECT_TAKEN');
  if (said === undefined) return false;
  const [name, text] = said;
  trouble(name, text);
  field(name).focus();
  return true;
}

function trouble(name: (typeof checked)[number], text: string): void {
  showTrouble(field(name), element(`new-user-${name}-trouble`), text);
}
