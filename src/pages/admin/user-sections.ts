// Builds the HTML of the sections for users and group mappings.

import { type AuthMethod, authMethods } from '../../vocabulary/words.js';
import type { AdminTexts } from '../browser/texts/admin-english.js';
import { escapeHtml } from '../shared/markup.js';
import { area, choice, field, heading, inline, listing, plainly, section } from './markup-parts.js';

/** Returns the section for users, with the search and the view of one user. */
export function usersSection(texts: AdminTexts): string {
  const search = field('users-search', texts.search, `type="search" maxlength="255" ${plainly}`, {
    hint: escapeHtml(texts.usersHint),
  });
  const statuses = [
    ['', texts.any],
    ['active', texts.stateActive],
    ['pending', texts.statePending],
    ['disabled', texts.stateDisabled],
  ] as const;
  const filter = `<form id="users-filter" role="search" novalidate>
${inline(search, texts.search)}
<div class="filter few">
${choice('users-method', texts.method, [['', texts.any], ...methods(texts)])}
${choice('users-status', texts.state, statuses)}
${field('users-role', texts.role, `type="text" maxlength="64" ${plainly}`)}
</div>
</form>`;
  return section(
    'users',
    `<div id="users-view">
${heading('users', texts.users, `<button class="primary" type="button" id="add-user">${escapeHtml(texts.addUser)}</button>`)}
${newUserForm(texts)}
${filter}
${listing(texts, 'users')}
</div>
<div id="user-view" hidden>
<p class="back"><a href="#users">${escapeHtml(texts.allUsers)}</a></p>
${userView(texts)}
</div>`,
  );
}

function methods(texts: AdminTexts): readonly (readonly [AuthMethod, string])[] {
  const labels: Readonly<Record<AuthMethod, string>> = { proxy: texts.methodProxy, local: texts.methodLocal };
  return authMethods.map((method) => [method, labels[method]]);
}

function newUserForm(texts: AdminTexts): string {
  const optional = { hint: escapeHtml(texts.mayBeEmpty) };
  return `<form class="card" id="new-user" aria-labelledby="new-user-title" novalidate hidden>
<h3 id="new-user-title">${escapeHtml(texts.addUser)}</h3>
<p class="hint">${escapeHtml(texts.newUserHint)}</p>
<div class="filter">
${field('new-user-subject', texts.subject, `type="text" required maxlength="255" ${plainly}`, { hint: escapeHtml(texts.newUserSubjectHint), checked: true })}
${choice('new-user-method', texts.method, methods(texts))}
${field('new-user-name', texts.fieldDisplayName, 'type="text" maxlength="255" dir="auto" autocomplete="off"', optional)}
${field('new-user-email', texts.email, `type="text" inputmode="email" maxlength="255" ${plainly}`, optional)}
${field('new-user-roles', texts.grantedTitle, `type="text" ${plainly}`, { hint: escapeHtml(texts.newUserRolesHint), checked: true })}
</div>
<p class="actions"><button class="primary" id="new-user-send">${escapeHtml(texts.newUserSend)}</button>
<button type="button" id="new-user-cancel">${escapeHtml(texts.cancel)}</button></p>
</form>`;
}

function userView(texts: AdminTexts): string {
  const part = (
    name: string,
    title: string,
    body: string,
  ) => `<section class="part" aria-labelledby="user-${name}-title">
<h3 id="user-${name}-title" tabindex="-1">${escapeHtml(title)}</h3>
<p class="hint" id="user-${name}-state" hidden></p>
${body}
</section>`;
  const button = (id: string, label: string, kind = '') =>
    `<button type="button" id="user-${id}"${kind}>${escapeHtml(label)}</button>`;
  const roleToAdd = field('add-role-name', texts.addRoleLabel, `type="text" maxlength="64" ${plainly}`, {
    hint: escapeHtml(texts.addRoleHint),
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
<h3 id="user-devices-title" tabindex="-1">${escapeHtml(texts.userDevices)}</h3>
${listing(texts, 'user-devices')}
</section>
<p class="actions last-actions">
${button('rename', texts.renameUser)}
${button('link', texts.linkUser)}
${button('unlink', texts.unlinkUser)}
${button('convert', texts.makeLocal)}
${button('delete', texts.deleteUser, ' class="danger"')}
</p>
</div>`;
}

/** Returns the section for group mappings, with the mapping form. */
export function groupsSection(texts: AdminTexts): string {
  const column = (label: string) => `<th role="columnheader" scope="col">${escapeHtml(label)}</th>`;
  const columns = [texts.groupLabel, texts.rolesLabel, texts.noteLabel, texts.changedColumn, texts.actions];
  const add = `<button class="primary" type="button" id="map-group">${escapeHtml(texts.mapGroup)}</button>`;
  return section(
    'groups',
    `${heading('groups', texts.groups, add)}
${mappingForm(texts)}
<p class="hint" id="mappings-state" hidden></p>
<p class="hint" id="mappings-configured" hidden>${escapeHtml(texts.configuredHint)}</p>
<table class="mappings" id="mappings-table" role="table" aria-labelledby="groups-title" hidden>
<thead role="rowgroup"><tr role="row">${columns.map(column).join('')}</tr></thead>
<tbody role="rowgroup" id="mappings-rows"></tbody>
</table>`,
  );
}

function mappingForm(texts: AdminTexts): string {
  return `<form class="card" id="mapping" aria-labelledby="mapping-title" novalidate hidden>
<h3 id="mapping-title">${escapeHtml(texts.mapTitle)}</h3>
<div class="mapping-fields">
<div>
${field('mapping-group', texts.groupLabel, `type="text" required maxlength="512" ${plainly}`, { hint: escapeHtml(texts.groupHint), checked: true })}
${area('mapping-roles', texts.rolesLabel, `rows="2" required ${plainly}`, { hint: escapeHtml(texts.rolesHint), checked: true })}
${area('mapping-note', texts.noteLabel, 'rows="2" maxlength="500" dir="auto" autocomplete="off"', { hint: escapeHtml(texts.noteHint) })}
</div>
<section class="preview" aria-labelledby="preview-title">
<h4 id="preview-title">${escapeHtml(texts.previewTitle)}</h4>
<div id="preview" role="status"></div>
<div class="tick-row" id="mapping-wildcard-row" hidden>
<label class="tick"><input type="checkbox" id="mapping-wildcard" aria-describedby="mapping-wildcard-hint mapping-wildcard-trouble"> <span>${escapeHtml(texts.wildcard)}</span></label>
<p class="hint" id="mapping-wildcard-hint">${escapeHtml(texts.wildcardHint)}</p>
<p class="trouble" id="mapping-wildcard-trouble" role="alert"></p>
</div>
</section>
</div>
<p class="actions"><button class="primary" id="mapping-save">${escapeHtml(texts.saveMapping)}</button>
<button type="button" id="mapping-cancel">${escapeHtml(texts.cancel)}</button></p>
</form>`;
}
