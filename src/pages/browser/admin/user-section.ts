// The view in which administrators see and change one user. The view also shows where the user's roles come from.

import type { UpdateUserRequest, WireUser } from '../../../vocabulary/wire/admin-json.js';
import { announce, filled, onPress, showTrouble, whileBusy } from '../shared/dom.js';
import { rememberFocus } from '../shared/focus.js';
import { clearProblem, report, showNotice } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import type { AdminId } from './admin-ids.js';
import { agreed, changeFailed } from './confirmed-change.js';
import { deviceRow } from './device-section.js';
import { startLinks } from './link-dialogs.js';
import { type Listing, startListing } from './paged-list.js';
import { startRenames } from './rename-dialogs.js';
import { goTo } from './sections.js';
import { chips, line, make } from './table-rows.js';
import { change, changing, startChanges } from './user-changes.js';
import { clearFacts, fillUser, fillWhy } from './user-facts.js';

/** Callbacks for changes to a user. */
interface Watchers {
  changed(user: WireUser): void;
  gone(id: string): void;
}

const presses: readonly (readonly [AdminId, UpdateUserRequest])[] = [
  ['user-approve', { pending: false }],
  ['user-disable', { disabled: true }],
  ['user-enable', { disabled: false }],
];

let watchers: Watchers;
let devices: Listing;
let wanted = '';
/** The id of the user for whom the administrator typed the role that is in the input field. */
let typedFor = '';
let user: WireUser | undefined;

const title = () => element('user-title');
const field = () => element<HTMLInputElement>('add-role-name');

/** Adds the event listeners of the view. */
export function startUser(watching: Watchers): void {
  watchers = watching;
  devices = startListing({
    name: 'user-devices',
    fetch: adminApi.devices,
    row: (device) => deviceRow(device, devices, element('user-devices-title')),
    nothing: adminTexts.userDevicesNone,
    quiet: true,
  });
  startChanges({ now: userNow, changed, reload, gone });
  for (const [id, wantedChange] of presses) {
    onPress(element(id), async () => void (await update(wantedChange)), changing);
  }
  startRenames();
  startLinks();
  onPress(element('user-convert'), convert, changing);
  onPress(element('user-delete'), deleteUser, changing);
  element('add-role').addEventListener('submit', (event) => {
    event.preventDefault();
    void whileBusy(changing(), addRole);
  });
}

/** Returns the visible user. */
export function userNow(): WireUser | undefined {
  return user;
}

/** Shows a user. Resolves with the heading that receives the focus. */
export async function showUser(id: string): Promise<HTMLElement> {
  if (wanted !== id) clearUser();
  if (typedFor !== id) field().value = '';
  typedFor = id;
  wanted = id;
  line(element('user-state'), adminTexts.loading);
  const found = await load(id);
  if (found !== undefined) void devices.load({ subject: found.subject });
  return title();
}

/** Removes all data of the user from the page. Returns the id of the user, or `''` if no user was shown. */
export function clearUser(): string {
  const left = wanted;
  wanted = '';
  user = undefined;
  devices.clear();
  clearFacts();
  showTrouble(field(), element('add-role-name-trouble'), '');
  return left;
}

async function reload(id: string): Promise<void> {
  const found = await load(id);
  if (found !== undefined) await devices.load({ subject: found.subject });
}

/**
 * Loads and shows the user. Resolves with `undefined` if loading fails, or if the page shows a different user when the
 * answer arrives.
 */
async function load(id: string): Promise<WireUser | undefined> {
  try {
    const found = await adminApi.user(id);
    if (wanted !== id) return undefined;
    apply(found);
    return found;
  } catch (error) {
    if (wanted !== id) return undefined;
    line(element('user-state'), adminTexts.failed);
    if (problemOf(error).kind === 'unknown') gone(id);
    else report(error, () => void reload(id));
    return undefined;
  }
}

function apply(found: WireUser): void {
  const keepFocus = rememberFocus(title());
  line(element('user-state'));
  // Ignore an answer that is older than the version of the user on the page.
  if (user?.id === found.id && found.version < user.version) return;
  user = found;
  fillUser(found);
  element('user-granted').replaceChildren(...found.granted_roles.map(grantedRow));
  keepFocus();
  watchers.changed(found);
  void fillReasons(found);
}

/**
 * Shows from which groups the user gets each role. The server computes these groups, because only the server matches
 * patterns.
 */
async function fillReasons(found: WireUser): Promise<void> {
  try {
    const { steps } = await adminApi.explain({ subject: found.subject });
    if (user === found) fillWhy(found, steps);
  } catch {
    if (user === found) fillWhy(found, undefined);
  }
}

/** Shows the user after a change. After a merge, this is the user who remains. */
function changed(found: WireUser, before: WireUser): void {
  if (found.id !== before.id) {
    watchers.gone(before.id);
    if (user?.id === before.id) goTo(`users/${encodeURIComponent(found.id)}`);
    return;
  }
  if (user?.id !== found.id) return;
  apply(found);
  if (found.subject !== before.subject) void devices.load({ subject: found.subject });
}

function gone(id: string): void {
  watchers.gone(id);
  goTo('users', () => showNotice(adminTexts.userGone));
}

/** Updates the visible user. Resolves with `true` if the change succeeded. */
function update(wantedChange: UpdateUserRequest, said = adminTexts.saved, role = ''): Promise<boolean> {
  return change({
    send: (before) => adminApi.changeUser(before, wantedChange),
    said: () => filled(said, { role }),
  });
}

async function addRole(): Promise<void> {
  const role = field().value.trim();
  showTrouble(field(), element('add-role-name-trouble'), role === '' ? adminTexts.addRoleMissing : '');
  if (role === '') return field().focus();
  const typed = field().value;
  const done = await update({ add_roles: [role] }, adminTexts.roleAdded, role);
  if (done && field().value === typed) field().value = '';
}

function grantedRow(role: string): HTMLElement {
  const label = filled(adminTexts.removeRoleLabel, { role });
  const removal = make(
    'button',
    { type: 'button', class: 'quiet danger-text', 'aria-label': label },
    adminTexts.removeRole,
  );
  removal.addEventListener(
    'click',
    () =>
      void whileBusy(changing(), async () => {
        await update({ remove_roles: [role] }, adminTexts.roleRemoved, role);
      }),
  );
  return make('li', { class: 'pair' }, chips([role]), removal);
}

async function convert(): Promise<void> {
  const before = user;
  if (before === undefined) return;
  const toLocal = before.auth_method === 'proxy';
  const yes = await agreed({
    title: adminTexts.convertTitle,
    text: toLocal ? adminTexts.convertLocalText : adminTexts.convertProxyText,
    values: { name: before.display_name ?? before.subject },
    yes: adminTexts.convert,
  });
  // The administrator confirmed the conversion for this user only.
  if (yes && user?.id === before.id) await update({ auth_method: toLocal ? 'local' : 'proxy' });
}

async function deleteUser(): Promise<void> {
  const before = user;
  if (before === undefined) return;
  const name = before.display_name ?? before.subject;
  const yes = await agreed({
    title: adminTexts.deleteUserTitle,
    text: adminTexts.deleteUserText,
    values: { name, subject: before.subject },
    yes: adminTexts.deleteUserYes,
    typed: {
      label: adminTexts.deleteUserLabel,
      check: (text) => (text === before.subject ? '' : adminTexts.deleteUserMistyped),
    },
  });
  if (!yes) return;
  clearProblem();
  try {
    await adminApi.deleteUser(before);
  } catch (error) {
    // The user no longer exists, so there is nothing left to delete.
    if (problemOf(error).kind !== 'unknown') return changeFailed(error, () => reload(before.id));
  }
  if (user?.id !== before.id) return;
  watchers.gone(before.id);
  announce(filled(adminTexts.userDeleted, { name }));
  goTo('users');
}
