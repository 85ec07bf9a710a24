// The list of connected devices, with buttons to rename and revoke them.

import type { WireDevice } from '../../../vocabulary/wire/device-json.js';
import { texts } from '../texts/page-texts.js';
import { element } from './connection-elements.js';
import { fillFacts } from './device-facts.js';
import { confirmed, nameOf, newName } from './dialogs.js';
import { announce, fill, filled, onPress, show, whileBusy } from './dom.js';
import { rememberFocus } from './focus.js';
import { clearProblem, report } from './notice.js';
import { api, type Problem, problemOf } from './page-api.js';

const list = element<HTMLUListElement>('device-list');
const template = element<HTMLTemplateElement>('device-template');
const revokeAll = element('revoke-all');
const rows = new Map<string, { row: HTMLElement; device: WireDevice }>();
/** This number increases whenever the list is requested or removed. Answers with an older number are ignored. */
let asked = 0;
let gone: (ids: readonly string[]) => void = () => {};

/** Adds the event listeners of the list. `onGone` receives the ids of devices that were removed from the list. */
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
  onPress(revokeAll, all);
}

/**
 * Fetches and shows the list.
 *
 * @param expected The id of the device that has just connected. The server marks the pairing as redeemed before it
 * creates the device, so the first answer might not contain the device. In this case, the list is fetched again.
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

/** Removes all data of the previous user. */
export function hideDevices(): void {
  asked += 1;
  render([]);
  show(element('devices'), false);
}

function state(message: string | undefined): void {
  fill(element('devices-state'), message ?? '');
  show(element('devices-state'), message !== undefined);
}

// A refresh reuses the row of each device, so that the focus and screen readers keep their place in the list.
function render(devices: readonly WireDevice[]): void {
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

function fillRow(row: HTMLElement, device: WireDevice, others: boolean): void {
  const part = (selector: string) => row.querySelector(selector) as HTMLElement;
  const name = nameOf(device);
  fillFacts(row, device);
  part('[data-action=rename]').setAttribute('aria-label', filled(texts.renameLabel, { name }));
  part('[data-action=revoke]').setAttribute('aria-label', filled(texts.revokeLabel, { name }));
  const revokeOthersButton = part('[data-action=revoke-others]');
  revokeOthersButton.setAttribute('aria-label', filled(texts.revokeOthersLabel, { name }));
  show(revokeOthersButton, others);
}

/** Makes a change, refreshes the list and announces the result. Returns `false` if the change failed. */
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
  // Refresh the list even after a failure: the change might have succeeded although its answer was lost.
  await refreshDevices();
  if (problem !== undefined) {
    report(problem);
    return false;
  }
  announce(done);
  return true;
}

async function rename(device: WireDevice): Promise<void> {
  const name = await newName(device.name);
  if (name !== undefined) await change(() => api.rename(device.id, name), filled(texts.renamed, { name }));
}

/**
 * Revokes a device without asking for confirmation. Used by the button that the page shows right after a device has
 * connected.
 *
 * @throws {Problem} When the request fails.
 */
export async function revokeAtOnce(device: { readonly id: string }): Promise<void> {
  try {
    await api.revoke(device.id);
  } catch (error) {
    // The device no longer exists, so there is nothing left to revoke.
    if (problemOf(error).kind !== 'unknown') throw error;
  }
}

async function revoke(device: WireDevice): Promise<void> {
  const name = nameOf(device);
  if (!(await confirmed(texts.confirmRevokeTitle, texts.confirmRevokeText, { name }))) return;
  if (await change(() => revokeAtOnce(device), filled(texts.deviceRevoked, { name }))) focusHeading();
}

async function revokeOthers(device: WireDevice): Promise<void> {
  const name = nameOf(device);
  if (!(await confirmed(texts.confirmOthersTitle, texts.confirmOthersText, { name }))) return;
  if (await change(() => api.revokeOthers(device.id), texts.othersRevoked)) focusHeading();
}

async function all(): Promise<void> {
  if (!(await confirmed(texts.confirmAllTitle, texts.confirmAllText))) return;
  if (await change(() => api.revokeAll(), texts.allRevoked)) focusHeading();
}

// The pressed button was removed together with its row. Without this call, the focus would move to the top of the page.
function focusHeading(): void {
  element('devices-title').focus();
}
