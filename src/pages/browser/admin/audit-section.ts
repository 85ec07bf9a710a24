// The section for the audit trail, with filters and a download.

import type { WireAuditEntry, WireAuditValue } from '../../../vocabulary/wire/admin-json.js';
import { named, pieces, plain } from '../shared/dom.js';
import { dateTime } from '../shared/time.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi, type Filters } from './admin-api.js';
import { element } from './admin-elements.js';
import { startListing } from './paged-list.js';
import { goTo, type Section } from './sections.js';
import { chips, fact, listed, make } from './table-rows.js';

// The server chooses the names that are looked up here. These tables are Maps, because a look-up in a plain object
// would also find inherited properties such as `constructor`.
const actionNames = new Map(
  Object.entries({
    'user.created': adminTexts.actionUserCreated,
    'user.changed': adminTexts.actionUserChanged,
    'user.deleted': adminTexts.actionUserDeleted,
    'user.linked': adminTexts.actionUserLinked,
    'user.unlinked': adminTexts.actionUserUnlinked,
    'user.renamed': adminTexts.actionUserRenamed,
    'user.merged': adminTexts.actionUserMerged,
    'mapping.set': adminTexts.actionMappingSet,
    'mapping.deleted': adminTexts.actionMappingDeleted,
    'device.paired': adminTexts.actionDevicePaired,
    'device.renamed': adminTexts.actionDeviceRenamed,
    'device.revoked': adminTexts.actionDeviceRevoked,
  } satisfies Readonly<Record<WireAuditEntry['action'], string>>),
);

const fieldNames = new Map(
  Object.entries({
    auth_method: adminTexts.fieldAuthMethod,
    disabled: adminTexts.fieldDisabled,
    pending: adminTexts.fieldPending,
    granted_roles: adminTexts.fieldGrantedRoles,
    roles: adminTexts.fieldRoles,
    note: adminTexts.fieldNote,
    name: adminTexts.fieldName,
    client_id: adminTexts.fieldClientId,
    paired_by: adminTexts.fieldPairedBy,
    display_name: adminTexts.fieldDisplayName,
    email: adminTexts.fieldEmail,
    host_user_id: adminTexts.fieldHostUserId,
    subject: adminTexts.fieldSubject,
  }),
);

const methods = { proxy: adminTexts.methodProxy, local: adminTexts.methodLocal };

const names = ['actor', 'action', 'subject', 'since', 'until'] as const;
const field = (name: (typeof names)[number]) => element<HTMLInputElement>(`audit-${name}`);

/** Adds the event listeners of the section. */
export function startAudit(): Section {
  const listing = startListing<WireAuditEntry>({ name: 'audit', fetch: adminApi.audit, row });
  const file = element<HTMLAnchorElement>('audit-download');

  async function load(): Promise<void> {
    const wanted = filters();
    // The download uses the filters of the visible list, even if the user has edited the filters in the meantime.
    file.href = adminApi.auditFile(wanted);
    await listing.load(wanted);
  }

  element('audit-filter').addEventListener('submit', (event) => {
    event.preventDefault();
    void load();
  });
  return {
    async enter() {
      void load();
      return element('audit-title');
    },
    clear: listing.clear,
  };
}

/** Opens the audit trail of a user. */
export function auditOf(subject: string): void {
  for (const name of names) field(name).value = name === 'subject' ? subject : '';
  goTo('audit');
}

function filters(): Filters {
  const instant = (value: string) => (value === '' ? '' : new Date(value).toISOString());
  return Object.fromEntries(
    names.map((name) => {
      const value = field(name).value.trim();
      return [name, name === 'since' || name === 'until' ? instant(value) : value];
    }),
  );
}

function row({ at, actor, action, subject, group, changes }: WireAuditEntry): HTMLElement {
  const what = actionNames.get(action) ?? plain(action);
  const about = group ?? subject;
  const title = about === null ? [what] : pieces(adminTexts.entryAbout, { action: make('span', {}, what), about });
  const who = actor.subject === null ? make('span', {}, adminTexts.theServer) : named(actor.subject);
  const by =
    actor.address === null
      ? pieces(adminTexts.entryBy, { who })
      : pieces(adminTexts.entryByFrom, { who, address: actor.address });
  const facts = Object.entries(changes).map(([name, change]) =>
    fact(fieldNames.get(name) ?? plain(name), ...changed(name, change)),
  );
  return make(
    'li',
    { class: 'row entry' },
    make('h3', {}, ...title),
    make('p', { class: 'hint' }, make('time', { datetime: at }, dateTime(at)), ' · ', ...by),
    ...(facts.length > 0 ? [make('dl', { class: 'facts' }, ...facts)] : []),
  );
}

/** If the value is a list, shows which items were added and removed. Otherwise, shows the old and the new value. */
function changed(name: string, { from, to }: WireAuditEntry['changes'][string]): readonly (string | Node)[] {
  if (isList(from ?? []) && isList(to ?? [])) {
    const [before, after] = [listOf(from), listOf(to)];
    const added = after.filter((name) => !before.includes(name));
    const removed = before.filter((name) => !after.includes(name));
    const part = (text: string, values: readonly string[]) =>
      values.length === 0 ? [] : pieces(text, { values: listed(values) });
    const between = added.length > 0 && removed.length > 0 ? [' · '] : [];
    return [...part(adminTexts.added, added), ...between, ...part(adminTexts.removed, removed)];
  }
  return pieces(adminTexts.fromTo, { from: shown(name, from), to: shown(name, to) });
}

function shown(name: string, value: WireAuditValue | undefined): Element {
  if (name === 'auth_method' && (value === 'proxy' || value === 'local')) return make('span', {}, methods[value]);
  if (value === undefined) return make('span', {}, adminTexts.none);
  if (typeof value === 'boolean') return make('span', {}, value ? adminTexts.yes : adminTexts.no);
  return typeof value === 'string' ? named(value) : chips(value);
}

function isList(value: WireAuditValue): value is readonly string[] {
  return Array.isArray(value);
}

function listOf(value: WireAuditValue | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value : [];
}
