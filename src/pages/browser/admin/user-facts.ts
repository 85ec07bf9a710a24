// Shows the details of one user.

import type { WireUser } from '../../../vocabulary/wire/admin-json.js';
import type { WireStep } from '../../../vocabulary/wire/explain-json.js';
import { named, pieces, show } from '../shared/dom.js';
import { ago, dateTime } from '../shared/time.js';
import { adminTexts } from '../texts/admin-texts.js';
import { element } from './admin-elements.js';
import { features } from './server-features.js';
import { chips, fact, line, listed, make, userTags } from './table-rows.js';

/** Shows the details. */
export function fillUser(user: WireUser): void {
  const { subject, email, auth_method: method, last_asserted_at: asserted, host_user_id: hostUserId } = user;
  element('user-title').replaceChildren(named(user.display_name ?? subject));
  element('user-tags').replaceChildren(...userTags(user));
  element('user-facts').replaceChildren(
    fact(adminTexts.subject, named(subject)),
    ...(email === null ? [] : [fact(adminTexts.email, named(email))]),
    fact(adminTexts.method, method === 'local' ? adminTexts.methodLocal : adminTexts.methodProxy),
    // The server records this date only with the option `suspendAfterDays`, so a missing date says nothing about the
    // user.
    ...(asserted === null ? [] : [fact(adminTexts.lastAsserted, ago(asserted))]),
    ...(hostUserId === null ? [] : [fact(adminTexts.hostUserId, named(hostUserId))]),
    fact(adminTexts.created, dateTime(user.created_at)),
    fact(adminTexts.updated, dateTime(user.updated_at)),
  );
  show(element('user-approve'), user.pending);
  show(element('user-disable'), !user.disabled);
  show(element('user-enable'), user.disabled);
  show(element('user-rename'), features.renames);
  show(element('user-link'), features.links && hostUserId === null);
  show(element('user-unlink'), features.links && hostUserId !== null);
  element('user-convert').textContent = method === 'proxy' ? adminTexts.makeLocal : adminTexts.makeProxy;
  line(
    element('user-managed-state'),
    ...(method === 'local'
      ? [adminTexts.managedLocal]
      : user.managed_roles.length === 0
        ? [adminTexts.managedNone]
        : []),
    ...(user.default_roles === undefined
      ? []
      : [' ', ...pieces(adminTexts.rolesByDefault, { roles: listed(user.default_roles) })]),
  );
  element('user-managed').replaceChildren(...user.managed_roles.map((role) => managedRow(role)));
  line(element('user-granted-state'), ...(user.granted_roles.length === 0 ? [adminTexts.grantedNone] : []));
  line(element('user-groups-state'), ...(user.groups.length === 0 ? [adminTexts.userGroupsNone] : []));
  element('user-groups').replaceChildren(...(user.groups.length === 0 ? [] : [chips(user.groups)]));
  show(element('user-known'), true);
}

/** Shows from which groups the user gets each role. `steps` is `undefined` if the explanation could not be loaded. */
export function fillWhy(user: WireUser, steps: readonly WireStep[] | undefined): void {
  const mappings = steps?.find((step) => step.step === 'mappings')?.mappings;
  if (mappings === undefined) {
    if (user.managed_roles.length > 0) line(element('user-managed-state'), adminTexts.managedUnknown);
    return;
  }
  element('user-managed').replaceChildren(
    ...user.managed_roles.map((role) =>
      managedRow(
        role,
        mappings.filter(({ roles }) => roles.includes(role)).map(({ group }) => group),
      ),
    ),
  );
}

/** Removes the details. */
export function clearFacts(): void {
  show(element('user-known'), false);
  line(element('user-state'));
  for (const id of ['title', 'tags', 'facts', 'managed', 'granted', 'groups'] as const) {
    element(`user-${id}`).replaceChildren();
  }
}

function managedRow(role: string, groups: readonly string[] = []): HTMLElement {
  const chip = make('span', { class: 'chip' }, named(role));
  if (groups.length === 0) return make('li', {}, chip);
  return make('li', {}, ...pieces(adminTexts.managedFrom, { role: chip, groups: listed(groups) }));
}
