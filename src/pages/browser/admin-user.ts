// pages, browser: one user: what they may do and why, and what administrators can change about it.
import { adminApi, type User, type UserChange } from './admin-api.js';
import { agreed, changeFailed } from './admin-changes.js';
import { deviceRow } from './admin-devices.js';
import { chips, keepFocus, line, make } from './admin-dom.js';
import { type Listing, startListing } from './admin-list.js';
import { goTo } from './admin-sections.js';
import { adminTexts } from './admin-texts.js';
import { fillUser, fillWhy, forgetFacts } from './admin-user-facts.js';
import { problemOf } from './api.js';
import { announce, element, filled, onPress, showTrouble, whileBusy } from './dom.js';
import { clearProblem, report, showNotice } from './notice.js';

/** Who is told of what becomes of a user. */
interface Watchers {
  changed(user: User): void;
  gone(id: string): void;
}

const presses: readonly (readonly [string, UserChange])[] = [
  ['#user-approve', { pending: false }],
  ['#user-disable', { disabled: true }],
  ['#user-enable', { disabled: false }],
];

let watchers: Watchers;
let devices: Listing;
let wanted = '';
/** Whom what stands in the field was typed for. */
let typedFor = '';
let user: User | undefined;

const title = () => element('user-title');
const field = () => element<HTMLInputElement>('grant-role');

/** Wires up the view. */
export function startUser(watching: Watchers): void {
  watchers = watching;
  devices = startListing({
    name: 'user-devices',
    fetch: adminApi.devices,
    row: (device) => deviceRow(device, () => devices.reload(), element('user-devices-title')),
    nothing: adminTexts.userDevicesNone,
    quiet: true,
  });
  for (const [id, wantedChange] of presses) onPress(id, async () => void (await change(wantedChange)));
  onPress('#user-convert', convert);
  onPress('#user-forget', forget);
  element('grant').addEventListener('submit', (event) => {
    event.preventDefault();
    void whileBusy(element('grant-send'), grant);
  });
}

/** The user that is shown. */
export function userNow(): User | undefined {
  return user;
}

/** Shows a user. Resolves with the heading. */
export async function showUser(id: string): Promise<HTMLElement> {
  if (wanted !== id) forgetUser();
  if (typedFor !== id) field().value = '';
  typedFor = id;
  wanted = id;
  line(element('user-state'), adminTexts.loading);
  await reload(id);
  return title();
}

/** Takes everything about the user away. Returns the id of who was shown; `''`: nobody was. */
export function forgetUser(): string {
  const left = wanted;
  wanted = '';
  user = undefined;
  devices.forget();
  forgetFacts();
  showTrouble(field(), element('grant-role-trouble'), '');
  return left;
}

async function reload(id: string): Promise<void> {
  try {
    const found = await adminApi.user(id);
    if (wanted !== id) return;
    apply(found);
    await devices.load({ subject: found.subject });
  } catch (error) {
    if (wanted !== id) return;
    line(element('user-state'), adminTexts.failed);
    if (problemOf(error).kind === 'unknown') gone(id);
    else report(error, () => void reload(id));
  }
}

function apply(found: User): void {
  const before = document.activeElement;
  user = found;
  line(element('user-state'));
  fillUser(found);
  element('user-granted').replaceChildren(...found.granted_roles.map(grantedRow));
  keepFocus(before, title());
  watchers.changed(found);
  void fillReasons(found);
}

/** Which groups give the roles is for the server to say: it alone knows how patterns match. */
async function fillReasons(found: User): Promise<void> {
  try {
    const { steps } = await adminApi.explain({ subject: found.subject });
    if (user === found) fillWhy(found, steps);
  } catch {
    if (user === found) fillWhy(found, undefined);
  }
}

function gone(id: string): void {
  watchers.gone(id);
  // Going there takes away what was said before.
  window.addEventListener('hashchange', () => showNotice(adminTexts.userGone), { once: true });
  goTo('users');
}

/** Carries out a change of whoever is shown. `true`: it came about. */
async function change(wantedChange: UserChange, said = adminTexts.saved, role = ''): Promise<boolean> {
  const before = user;
  if (before === undefined) return false;
  clearProblem();
  try {
    const changed = await adminApi.changeUser(before, wantedChange);
    if (user === before) apply(changed);
    announce(filled(said, { role }));
    return true;
  } catch (error) {
    if (user !== before) return false;
    if (problemOf(error).kind === 'unknown') {
      gone(before.id);
      return false;
    }
    const again = () => void change(wantedChange, said, role);
    return changeFailed(error, () => reload(before.id), again);
  }
}

async function grant(): Promise<void> {
  const role = field().value.trim();
  showTrouble(field(), element('grant-role-trouble'), role === '' ? adminTexts.grantMissing : '');
  if (role === '') return field().focus();
  const typed = field().value;
  const done = await change({ grant_roles: [role] }, adminTexts.granted, role);
  if (done && field().value === typed) field().value = '';
}

function grantedRow(role: string): HTMLElement {
  const label = filled(adminTexts.withdrawLabel, { role });
  const take = make('button', { type: 'button', class: 'quiet danger-text', 'aria-label': label }, adminTexts.withdraw);
  take.addEventListener(
    'click',
    () =>
      void whileBusy(take, async () => {
        await change({ withdraw_roles: [role] }, adminTexts.withdrawn, role);
      }),
  );
  return make('li', { class: 'pair' }, chips([role]), take);
}

async function convert(): Promise<void> {
  if (user === undefined) return;
  const toLocal = user.auth_method === 'proxy';
  const yes = await agreed({
    title: adminTexts.convertTitle,
    text: toLocal ? adminTexts.convertLocalText : adminTexts.convertProxyText,
    values: { name: user.display_name ?? user.subject },
    yes: adminTexts.convert,
  });
  if (yes) await change({ auth_method: toLocal ? 'local' : 'proxy' });
}

async function forget(): Promise<void> {
  const before = user;
  if (before === undefined) return;
  const name = before.display_name ?? before.subject;
  const yes = await agreed({
    title: adminTexts.forgetTitle,
    text: adminTexts.forgetText,
    values: { name },
    yes: adminTexts.forget,
    typed: { label: adminTexts.forgetLabel, text: before.subject, wrong: adminTexts.forgetMistyped },
  });
  if (!yes) return;
  clearProblem();
  let saved = true;
  try {
    await adminApi.forgetUser(before);
  } catch (error) {
    // Gone already is as forgotten as a user can be.
    if (problemOf(error).kind !== 'unknown') {
      saved = await changeFailed(error, async () => {
        // After a change that was saved there is no user left to show.
        if (problemOf(error).kind !== 'spreading') await reload(before.id);
      });
    }
  }
  if (!saved || user !== before) return;
  watchers.gone(before.id);
  announce(filled(adminTexts.forgotten, { name }));
  goTo('users');
}
