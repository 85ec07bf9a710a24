// The section for group mappings. Mappings from the server's configuration are read-only in this section.

import type { WireMapping } from '../../../vocabulary/wire/admin-json.js';
import { announce, filled, named, pieces, show, whileBusy } from '../shared/dom.js';
import { rememberFocus } from '../shared/focus.js';
import { clearProblem, report } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { ago } from '../shared/time.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { agreed, changeFailed } from './confirmed-change.js';
import { clearCount, closeMappingForm, openMappingForm, recount, startMappingForm } from './mapping-form.js';
import { previewLines } from './mapping-preview.js';
import type { Section } from './sections.js';
import { chips, line, make, rowButton, tag } from './table-rows.js';

const body = () => element('mappings-rows');
const heading = () => element('groups-title');
let asked = 0;

/** Adds the event listeners of the section. */
export function startMappings(): Section {
  startMappingForm(saved, load);
  element('map-group').addEventListener('click', () => openMappingForm(element('map-group')));
  return {
    async enter() {
      void load();
      return heading();
    },
    clear() {
      asked += 1;
      clearCount();
      body().replaceChildren();
      show(element('mappings-table'), false);
      line(element('mappings-state'));
    },
  };
}

/** Shows and returns the current mappings. Returns `undefined` if the mappings could not be loaded. */
async function load(): Promise<readonly WireMapping[] | undefined> {
  asked += 1;
  const mine = asked;
  if (body().childElementCount === 0) line(element('mappings-state'), adminTexts.loading);
  try {
    const mappings = await adminApi.mappings();
    if (mine !== asked) return mappings;
    const keepFocus = rememberFocus();
    body().replaceChildren(...mappings.map(row));
    show(element('mappings-table'), mappings.length > 0);
    line(element('mappings-state'), ...(mappings.length === 0 ? [adminTexts.mappingsNone] : []));
    show(
      element('mappings-configured'),
      mappings.some(({ source }) => source === 'configuration'),
    );
    keepFocus();
    recount();
    return mappings;
  } catch (error) {
    if (mine !== asked) return undefined;
    if (body().childElementCount === 0) line(element('mappings-state'), adminTexts.failed);
    report(error, () => void load());
    return undefined;
  }
}

async function saved(group: string, focus: boolean): Promise<void> {
  await load();
  announce(filled(adminTexts.mappingSaved, { group }));
  if (!focus) return;
  const row = [...body().children].find((at) => (at as HTMLElement).dataset['group'] === group);
  (row?.querySelector('button') ?? heading()).focus();
}

// The rows and cells have explicit ARIA roles. On small screens, CSS stacks the cells, so the elements lose their
// implicit table roles.
function row(mapping: WireMapping): HTMLElement {
  const { group, roles, note, source } = mapping;
  const words = [
    ...(group.includes('*') ? [tag(adminTexts.pattern)] : []),
    ...(source === 'configuration' ? [tag(adminTexts.configured, 'caution')] : []),
  ];
  const name = make('span', { class: 'group-name' }, named(group));
  const cell = (label: string, ...children: readonly (string | Node)[]) =>
    make('td', { role: 'cell', 'data-label': label }, ...children);
  return make(
    'tr',
    { role: 'row', 'data-group': group },
    make('th', { role: 'rowheader', scope: 'row' }, name, ...words),
    cell(adminTexts.rolesLabel, chips(roles)),
    cell(adminTexts.noteLabel, ...(note === null ? [] : [named(note)])),
    cell(adminTexts.changedColumn, ...changed(mapping)),
    cell(adminTexts.actions, ...actions(mapping)),
  );
}

function changed({ changed_at: at, changed_by: by }: WireMapping): readonly (string | Element)[] {
  if (at === null) return [];
  const when = make('time', { datetime: at }, ago(at));
  return by === null ? pieces(adminTexts.changedByServer, { when }) : pieces(adminTexts.changedBy, { when, who: by });
}

function actions(mapping: WireMapping): readonly HTMLElement[] {
  const { group, source } = mapping;
  if (source === 'configuration') return [];
  const edit = rowButton(adminTexts.edit, filled(adminTexts.editLabel, { group }));
  const deletion = rowButton(adminTexts.deleteMapping, filled(adminTexts.deleteMappingLabel, { group }), true);
  edit.addEventListener('click', () => openMappingForm(edit, mapping));
  deletion.addEventListener('click', () => void whileBusy(deletion, () => deleteMapping(mapping)));
  return [make('div', { class: 'row-actions' }, edit, deletion)];
}

async function deleteMapping(mapping: WireMapping): Promise<void> {
  const { group } = mapping;
  clearProblem();
  try {
    const preview = await adminApi.previewDeletion(group);
    const question = { title: adminTexts.deleteMappingTitle, text: adminTexts.previewTitle, values: { group } };
    if (!(await agreed({ ...question, more: previewLines(preview), yes: adminTexts.deleteMapping }))) return;
    await adminApi.deleteMapping(mapping);
  } catch (error) {
    const reload = async () => void (await load());
    // The mapping no longer exists, so there is nothing left to delete.
    if (problemOf(error).kind !== 'unknown') return changeFailed(error, reload);
  }
  closeMappingForm(group);
  await load();
  announce(filled(adminTexts.mappingDeleted, { group }));
  heading().focus();
}
