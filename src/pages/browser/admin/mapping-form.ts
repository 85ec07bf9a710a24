// The form that maps a group to roles. While the administrator types, the form shows how many users the mapping
// affects.

import type { SetMappingRequest, WireMapping } from '../../../vocabulary/wire/admin-json.js';
import { fill, pieces, show, showTrouble, whileBusy } from '../shared/dom.js';
import { clearProblem, report, showNotice } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { texts } from '../texts/page-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { changeFailed } from './confirmed-change.js';
import { previewLines } from './mapping-preview.js';
import { debounced, listed } from './table-rows.js';

/** How many milliseconds the page waits after a key press before it requests the preview. */
const typingMilliseconds = 400;

const groupField = element<HTMLInputElement>('mapping-group');
const rolesField = element<HTMLTextAreaElement>('mapping-roles');
const noteField = element<HTMLTextAreaElement>('mapping-note');
const wildcard = element<HTMLInputElement>('mapping-wildcard');
const preview = debounced(() => void count(), typingMilliseconds);

let onSaved: (group: string, focus: boolean) => Promise<void>;
let reload: () => Promise<readonly WireMapping[] | undefined>;
let opener: HTMLElement | undefined;
/** The version of the mapping that the administrator has seen, or `null` if there was no mapping. */
let version: number | null = null;
let counting: AbortController | undefined;
/**
 * This number increases whenever the form opens or closes. A late answer is recognized by its older number, so it
 * cannot affect a form that was opened later.
 */
let opening = 0;

/**
 * Adds the event listeners of the form.
 *
 * @param saved A function that shows a saved mapping.
 * @param load A function that shows and returns the current mappings.
 */
export function startMappingForm(saved: typeof onSaved, load: typeof reload): void {
  onSaved = saved;
  reload = load;
  groupField.addEventListener('input', () => {
    // The administrator confirmed the previous pattern, not the new one.
    wildcard.checked = false;
    changed();
  });
  rolesField.addEventListener('input', changed);
  wildcard.addEventListener('change', () => {
    trouble('wildcard', '');
    preview.now();
  });
  element('mapping').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  element('mapping-cancel').addEventListener('click', () => {
    closeMappingForm();
    clearProblem();
    (opener?.isConnected === true ? opener : element('groups-title')).focus();
  });
}

/** Updates the preview of an open form after other mappings have changed. */
export function recount(): void {
  if (!element('mapping').hidden) preview.now();
}

/** Removes the preview. */
export function clearCount(): void {
  preview.stop();
  counting?.abort();
  counting = undefined;
  element('preview').replaceChildren();
}

function send(): void {
  void whileBusy(element('mapping-save'), save);
}

/** Opens the form for `mapping`, or for a new mapping. Discards all previous input. */
export function openMappingForm(from: HTMLElement, mapping?: WireMapping): void {
  clearProblem();
  opening += 1;
  opener = from;
  version = mapping?.version ?? null;
  fill(element('mapping-title'), mapping === undefined ? adminTexts.mapTitle : adminTexts.editTitle);
  groupField.value = mapping?.group ?? '';
  groupField.readOnly = mapping !== undefined;
  rolesField.value = mapping?.roles.join(', ') ?? '';
  noteField.value = mapping?.note ?? '';
  wildcard.checked = false;
  askWildcard(false);
  for (const name of ['group', 'roles', 'wildcard'] as const) trouble(name, '');
  show(element('mapping'), true);
  (mapping === undefined ? groupField : rolesField).focus();
  preview.now();
}

/** Closes the form. If `group` is given, closes only a form for that group. */
export function closeMappingForm(group?: string): void {
  if (group !== undefined && groupField.value !== group) return;
  opening += 1;
  clearCount();
  for (const field of [groupField, rolesField, noteField]) field.value = '';
  show(element('mapping'), false);
}

function changed(): void {
  if (groupField.value.trim() !== '') trouble('group', '');
  if (rolesField.value.trim() !== '') trouble('roles', '');
  // Abort a running preview request, because the input has changed.
  counting?.abort();
  element('preview').setAttribute('aria-busy', 'true');
  preview.later();
}

/** Returns the group in the form. Spaces around the group are removed only if the mapping is new. */
function typedGroup(): string {
  return groupField.readOnly ? groupField.value : groupField.value.trim();
}

function typedRoles(): string[] {
  return [...new Set(rolesField.value.split(/[\s,،]+/).filter((role) => role !== ''))];
}

async function count(): Promise<void> {
  counting?.abort();
  const mine = new AbortController();
  counting = mine;
  const [group, roles] = [typedGroup(), typedRoles()];
  if (group === '' || roles.length === 0) {
    askWildcard(false);
    showPreviewState(adminTexts.previewWaiting);
    element('preview').removeAttribute('aria-busy');
    return;
  }
  try {
    const counted = await countAllowed(group, roles, mine.signal);
    if (counting !== mine || mine.signal.aborted) return;
    element('preview').replaceChildren(...(counted === undefined ? [] : previewLines(counted)));
    if (counted === undefined) showPreviewState(adminTexts.wildcardMissing);
  } catch (error) {
    if (counting !== mine || mine.signal.aborted) return;
    const problem = problemOf(error);
    if (problem.kind === 'login' || problem.kind === 'forbidden') report(problem);
    else if (problem.kind === 'refused') fill(element('preview'), texts.refused, { reason: problem.message });
    else showPreviewState(adminTexts.previewFailed);
  } finally {
    if (counting === mine && !mine.signal.aborted) element('preview').removeAttribute('aria-busy');
  }
}

/**
 * Fetches the preview. If the mapping would give the administrator role to a pattern, shows a checkbox. Returns
 * `undefined` if that checkbox is not selected.
 */
async function countAllowed(group: string, roles: readonly string[], signal: AbortSignal) {
  try {
    const counted = await adminApi.previewMapping(group, { roles }, signal);
    if (!signal.aborted) askWildcard(false);
    return counted;
  } catch (error) {
    if (problemOf(error).code !== 'ERR_WILDCARD_ADMINISTRATOR') throw error;
    if (!signal.aborted) askWildcard(true);
    return wildcard.checked ? adminApi.previewMapping(group, { roles, allow_wildcard: true }, signal) : undefined;
  }
}

function askWildcard(needed: boolean): void {
  if (!needed) wildcard.checked = false;
  show(element('mapping-wildcard-row'), needed);
}

function showPreviewState(message: string): void {
  element('preview').replaceChildren(message);
}

async function save(): Promise<void> {
  const [group, roles, note] = [typedGroup(), typedRoles(), noteField.value.trim()];
  trouble('group', group === '' ? adminTexts.groupMissing : '');
  trouble('roles', roles.length === 0 ? adminTexts.rolesMissing : '');
  const unsaid = !element('mapping-wildcard-row').hidden && !wildcard.checked;
  trouble('wildcard', unsaid ? adminTexts.wildcardMissing : '');
  const wrong = group === '' ? groupField : roles.length === 0 ? rolesField : unsaid ? wildcard : undefined;
  if (wrong !== undefined) return wrong.focus();
  clearProblem();
  const change: SetMappingRequest = {
    roles,
    ...(note === '' ? {} : { note }),
    ...(wildcard.checked ? { allow_wildcard: true } : {}),
  };
  const mine = opening;
  try {
    await adminApi.setMapping(group, change, version);
  } catch (error) {
    return notSaved(error, group, mine);
  }
  const stays = mine !== opening;
  if (!stays) closeMappingForm();
  await onSaved(group, !stays);
}

/** Handles a failed save. All input stays in the form. */
async function notSaved(error: unknown, group: string, mine: number): Promise<void> {
  const { code } = problemOf(error);
  const showThem = async () => void (await reload());
  // The form that sent this request has been closed.
  if (mine !== opening) return changeFailed(error, showThem);
  if (code === 'ERR_WILDCARD_ADMINISTRATOR') {
    askWildcard(true);
    trouble('wildcard', adminTexts.wildcardMissing);
    wildcard.focus();
    return;
  }
  if (code !== 'ERR_VERSION') return changeFailed(error, showThem, send);
  const now = await reload();
  if (now === undefined || mine !== opening) return;
  const other = now.find((mapping) => mapping.group === group && mapping.source === 'directory');
  // If the administrator saves again, replace the version that the page shows now.
  version = other?.version ?? null;
  if (other === undefined) showNotice(adminTexts.mappingDeletedMeanwhile);
  else {
    showNotice('');
    element('notice-text').replaceChildren(...pieces(adminTexts.mappingMeanwhile, { roles: listed(other.roles) }));
  }
}

function trouble(name: 'group' | 'roles' | 'wildcard', text: string): void {
  showTrouble(element(`mapping-${name}`), element(`mapping-${name}-trouble`), text);
}
