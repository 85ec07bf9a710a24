// Builds the HTML of the sections for users and group mappings.

import type { AdminTexts } from '../browser/texts/admin-english.js';
import { text } from '../shared/markup.js';
import { area, choice, field, heading, inline, listing, plainly, section } from './markup-parts.js';

/** The section for users: the search and the view of one user. */
export function usersSection(texts: AdminTexts): string {
  const search = field('users-search', texts.search, `type="search" maxlength="255" ${plainly}`, {
    hint: text(texts.usersHint),
  });
  const methods = [
    ['', texts.any],
    ['proxy', texts.methodProxy],
    ['local', texts.methodLocal],
  ] as const;
  const statuses = [
    ['', texts.any],
    ['active', texts.stateActive],
    ['pending', texts.statePending],
    ['disabled', texts.stateDisabled],
  ] as const;
  const filter = `<form id="users-filter" role="search" novalidate>
${inline(search, texts.search)}
<div class="filter few">
${choice('users-method', texts.method, methods)}
${choice('users-status', texts.state, statuses)}
${field('users-role', texts.role, `type="text" maxlength="64" ${plainly}`)}
</div>
</form>`;
  return section(
    'users',
    `<div id="users-view">
${heading('users', texts.users, `<button class="primary" type="button" id="add-user">${text(texts.addUser)}</button>`)}
${newUserForm(texts)}
${filter}
${listing(texts, 'users')}
</div>
<div id="user-view" hidden>
<p class="back"><a href="#users">${text(texts.allUsers)}</a></p>
${userView(texts)}
</div>`,
  );
}

function newUserForm(texts: AdminTexts): string {
  const methods = [
    ['proxy', texts.methodProxy],
    ['local', texts.methodLocal],
  ] as const;
  const optional = { hint: text(texts.mayBeEmpty) };
  return `<form class="card" id="new-user" aria-labelledby="new-user-title" novalidate hidden>
<h3 id="new-user-title">${text(texts.addUser)}</h3>
<p class="hint">${text(texts.newUserHint)}</p>
<div class="filter">
${field('new-user-subject', texts.subject, `type="text" required maxlength="255" ${plainly}`, { hint: text(texts.newUserSubjectHint), checked: true })}
${choice('new-user-method', texts.method, methods)}
${field('new-user-name', texts.fieldDisplayName, 'type="text" maxlength="255" dir="auto" autocomplete="off"', optional)}
${field('new-user-email', texts.email, `type="text" inputmode="email" maxlength="255" ${plainly}`, optional)}
${field('new-user-roles', texts.grantedTitle, `type="text" ${plainly}`, { hint: text(texts.newUserRolesHint), checked: true })}
</div>
<p class="actions"><button class="primary" id="new-user-send">${text(texts.newUserSend)}</button>
<button type="button" id="new-user-cancel">${text(texts.cancel)}</button></p>
</form>`;
}

function userView(texts: AdminTexts): string {
  const part = (
    name: string,
    title: string,
    body: string,
  ) => `<section class="part" aria-labelledby="user-${name}-title">
<h3 id="user-${name}-title" tabindex="-1">${text(title)}</h3>
<p class="hint" id="user-${name}-state" hidden></p>
${body}
</section>`;
  const button = (id: string, label: string, kind = '') =>
    `<button type="button" id="user-${id}"${kind}>${text(label)}</button>`;
  const roleToAdd = field('add-role-name', texts.addRoleLabel, `type="text" maxlength="64" ${plainly}`, {
    hint: text(texts.addRoleHint),
    checked: true,
  });
  return `<h2 id="user-title" tabindex="-1"></h2>
<p class="hint" id="user-state" hidden></p>
<div id="user-known" hidden>
<p class="tags" id="user-tags"></p>
<dl class="facts" id="user-facts"></dl>
<p class="actions">
${button('approve', texts.approveUser, ' class="primary"')}
${button('disable', texts.disableUser)}
${button('enable', texts.enableUser)}
${button('why', texts.whyUser)}
${button('trail', texts.trailOfUser)}
</p>
<div class="parts">
${part(
  'granted',
  texts.grantedTitle,
  `<ul class="plain-list" id="user-granted"></ul>
<form id="add-role" novalidate>
${inline(roleToAdd, texts.addRole, 'add-role-send')}
</form>`,
)}
${part('managed', texts.managedTitle, '<ul class="plain-list" id="user-managed"></ul>')}
${part('groups', texts.userGroups, '<div id="user-groups"></div>')}
</div>
<section class="part" aria-labelledby="user-devices-title">
<h3 id="user-devices-title" tabindex="-1">${text(texts.userDevices)}</h3>
${listing(texts, 'user-devices')}
</section>
<p class="actions last-actions">
${button('convert', texts.makeLocal)}
${button('delete', texts.deleteUser, ' class="danger"')}
</p>
</div>`;
}

/** The section for group mappings, with the mapping form. */
export function groupsSection(texts: AdminTexts): string {
  const column = (label: string) => `<th role="columnheader" scope="col">${text(label)}</th>`;
  const columns = [texts.groupLabel, texts.rolesLabel, texts.noteLabel, texts.changedColumn, texts.actions];
  const add = `<button class="primary" type="button" id="map-group">${text(texts.mapGroup)}</button>`;
  return section(
    'groups',
    `${heading('groups', texts.groups, add)}
${mappingForm(texts)}
<p class="hint" id="mappings-state" hidden></p>
<p class="hint" id="mappings-configured" hidden>${text(texts.configuredHint)}</p>
<table class="mappings" id="mappings-table" role="table" aria-labelledby="groups-title" hidden>
<thead role="rowgroup"><tr role="row">${columns.map(column).join('')}</tr></thead>
<tbody role="rowgroup" id="mappings-rows"></tbody>
</table>`,
  );
}

function mappingForm(texts: AdminTexts): string {
  return `<form class="card" id="mapping" aria-labelledby="mapping-title" novalidate hidden>
<h3 id="mapping-title">${text(texts.mapTitle)}</h3>
<div class="mapping-fields">
<div>
${field('mapping-group', texts.groupLabel, `type="text" required maxlength="512" ${plainly}`, { hint: text(texts.groupHint), checked: true })}
${area('mapping-roles', texts.rolesLabel, `rows="2" required ${plainly}`, { hint: text(texts.rolesHint), checked: true })}
${area('mapping-note', texts.noteLabel, 'rows="2" maxlength="500" dir="auto" autocomplete="off"', { hint: text(texts.noteHint) })}
</div>
<section class="preview" aria-labelledby="preview-title">
<h4 id="preview-title">${text(texts.previewTitle)}</h4>
<div id="preview" role="status"></div>
<div class="tick-row" id="mapping-wildcard-row" hidden>
<label class="tick"><input type="checkbox" id="mapping-wildcard" aria-describedby="mapping-wildcard-hint mapping-wildcard-trouble"> <span>${text(texts.wildcard)}</span></label>
<p class="hint" id="mapping-wildcard-hint">${text(texts.wildcardHint)}</p>
<p class="trouble" id="mapping-wildcard-trouble" role="alert"></p>
</div>
</section>
</div>
<p class="actions"><button class="primary" id="mapping-save">${text(texts.saveMapping)}</button>
<button type="button" id="mapping-cancel">${text(texts.cancel)}</button></p>
</form>`;
}
