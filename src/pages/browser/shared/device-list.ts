// The list of connected devices, with rename and revoke.

import { texts } from '../texts/page-texts.js';
import { fillFacts } from './device-facts.js';
import { confirmed, nameOf, newName } from './dialogs.js';
import { announce, element, fill, filled, onPress, show, whileBusy } from './dom.js';
import { rememberFocus } from './focus.js';
import { clearProblem, report } from './notice.js';
import { api, type Device, type Problem, problemOf } from './page-api.js';

const list = element<HTMLUListElement>('device-list');
const template = element<HTMLTemplateElement>('device-template');
const revokeAll = element('revoke-all');
const rows = new Map<string, { row: HTMLElement; device: Device }>();
/** Moves whenever the list is asked for or taken away: an older answer never replaces a newer one. */
let asked = 0;
let gone: (ids: readonly string[]) => void = () => {};

/** Wires up the list. `onGone` is called with devices that were in the list and are not any more. */
export function startDevices(onGone: (ids: readonly string[]) => void): void {
  gone = onGone;
  list.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button[data-action]');
    const id = button?.closest<HTMLElement>('.device')?.dataset['id'];
    const device = id === undefined ? undefined : rows.get(id)?.device;
    if (!button || !device) return;
    const action = { rename, revoke, 'revoke-others': revokeOthers }[button.dataset['action'] ?? ''];
    if (action) void whileBusy(button, () => action(device));
  });
  onPress('#revoke-all', all);
}

/**
 * Fetches the list and shows it. `expected`: the device that has just connected. Its pairing is marked before its row is
 * written, so the first answer may come too early.
 */
export async function refreshDevices(expected?: string): Promise<void> {
  asked += 1;
  const mine = asked;
  show(element('devices'), true);
  try {
    const devices = await api.devices();
    if (mine !== asked) return;
    render(devices);
    if (expected !== undefined && !rows.has(expected))
      setTimeout(() => void (mine === asked && refreshDevices()), 1000);
  } catch (error) {
    if (mine !== asked) return;
    if (rows.size === 0) state(texts.devicesFailed);
    report(error, () => void refreshDevices());
  }
}

/** Takes everything about the last user away. */
export function hideDevices(): void {
  asked += 1;
  render([]);
  show(element('devices'), false);
}

function state(message: string | undefined): void {
  fill(element('devices-state'), message ?? '');
  show(element('devices-state'), message !== undefined);
}

// Rows are kept by id, not made anew: the focus and a screen reader's place survive a refresh.
function render(devices: readonly Device[]): void {
  const keepFocus = rememberFocus();
  const present = new Set(devices.map(({ id }) => id));
  const absent = [...rows.keys()].filter((id) => !present.has(id));
  for (const id of absent) {
    rows.get(id)?.row.remove();
    rows.delete(id);
  }
  devices.forEach((device, index) => {
    const row = rows.get(device.id)?.row ?? newRow(device.id);
    rows.set(device.id, { row, device });
    fillRow(row, device, devices.length > 1);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  show(revokeAll, devices.length > 1);
  state(devices.length === 0 ? texts.devicesEmpty : undefined);
  keepFocus();
  if (absent.length > 0) gone(absent);
}

function newRow(id: string): HTMLElement {
  const row = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  row.dataset['id'] = id;
  return row;
}

function fillRow(row: HTMLElement, device: Device, others: boolean): void {
  const part = (selector: string) => row.querySelector(selector) as HTMLElement;
  const name = nameOf(device);
  fillFacts(row, device);
  part('[data-action=rename]').setAttribute('aria-label', filled(texts.renameLabel, { name }));
  part('[data-action=revoke]').setAttribute('aria-label', filled(texts.revokeLabel, { name }));
  const revokeOthersButton = part('[data-action=revoke-others]');
  revokeOthersButton.setAttribute('aria-label', filled(texts.revokeOthersLabel, { name }));
  show(revokeOthersButton, others);
}

/** Carries out a change, shows the list as it is then, and says what happened. `false`: the change did not come about. */
async function change(work: () => Promise<unknown>, done: string): Promise<boolean> {
  let problem: Problem | undefined;
  try {
    await work();
  } catch (error) {
    problem = problemOf(error);
  }
  if (problem?.kind === 'login') {
    report(problem);
    return false;
  }
  clearProblem();
  // Also after a failure: an answer that got lost may have been a yes.
  await refreshDevices();
  if (problem !== undefined) {
    report(problem);
    return false;
  }
  announce(done);
  return true;
}

async function rename(device: Device): Promise<void> {
  const name = await newName(device.name);
  if (name !== undefined) await change(() => api.rename(device.id, name), filled(texts.renamed, { name }));
}

/** Revokes without a question, for the one tap after a connection. Throws a `Problem`. */
export async function revokeAtOnce(device: { readonly id: string }): Promise<void> {
  try {
    await api.revoke(device.id);
  } catch (error) {
    // Gone already is as revoked as a device can be.
    if (problemOf(error).kind !== 'unknown') throw error;
  }
}

async function revoke(device: Device): Promise<void> {
  const name = nameOf(device);
  if (!(await confirmed(texts.confirmRevokeTitle, texts.confirmRevokeText, { name }))) return;
  if (await change(() => revokeAtOnce(device), filled(texts.deviceRevoked, { name }))) focusHeading();
}

async function revokeOthers(device: Device): Promise<void> {
  const name = nameOf(device);
  if (!(await confirmed(texts.confirmOthersTitle, texts.confirmOthersText, { name }))) return;
  if (await change(() => api.revokeOthers(device.id), texts.othersRevoked)) focusHeading();
}

async function all(): Promise<void> {
  if (!(await confirmed(texts.confirmAllTitle, texts.confirmAllText))) return;
  if (await change(() => api.revokeAll(), texts.allRevoked)) focusHeading();
}

// The button that was pressed went with its row; without this the focus would fall back to the top of the page.
function focusHeading(): void {
  element('devices-title').focus();
}
