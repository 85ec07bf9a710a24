// Builds the HTML of the page `admin` with its navigation and its dialog.

import type { AdminTexts } from '../browser/texts/admin-english.js';
import type { PageTexts } from '../browser/texts/english.js';
import { type Frame, layout } from '../shared/layout.js';
import { deviceText, escapeHtml, loginEnds, panel } from '../shared/markup.js';
import { auditSection, devicesSection, explainSection } from './record-sections.js';
import { groupsSection, usersSection } from './user-sections.js';

function navigation(texts: AdminTexts): string {
  const links = (['users', 'groups', 'devices', 'audit', 'explain'] as const).map(
    (name) => `<li><a id="to-${name}" href="#${name}">${escapeHtml(texts[name])}</a></li>`,
  );
  return `<nav class="sections" aria-label="${escapeHtml(texts.sections)}"><ul>
${links.join('\n')}
</ul></nav>`;
}

/** Builds the panels that replace the sections when the user is not logged in or is not an administrator. */
function arrival(shared: PageTexts, texts: AdminTexts): string {
  const login = `<a class="button primary" data-login href="login" rel="noreferrer">${escapeHtml(shared.logIn)}</a>`;
  const again = `<button type="button" data-again>${escapeHtml(shared.tryAgain)}</button>`;
  const actions = (...buttons: readonly string[]) => `<p class="actions">${buttons.join('\n')}</p>`;
  const loggedOut = `<p>${escapeHtml(texts.loginText)}</p>\n<p id="login-again" hidden>${escapeHtml(texts.loginAgain)}</p>`;
  return `${panel('loading', shared.loadingTitle, `<p>${escapeHtml(shared.loadingText)}</p>`)}
${panel('login', shared.loginTitle, `${loggedOut}\n${actions(login, again)}`)}
${loginEnds(shared, actions(login))}
${panel('logged-out', shared.loggedOutTitle, `<p>${escapeHtml(texts.loggedOut)}</p>\n${actions(login)}`)}
${panel('forbidden', texts.forbiddenTitle, `<p>${escapeHtml(texts.forbiddenText)}</p>\n${actions(again)}`)}`;
}

// Screen readers ignore live regions outside an open dialog, so the dialog has a live region of its own.
function dialog(texts: AdminTexts): string {
  return `<dialog id="ask" aria-labelledby="ask-title" aria-describedby="ask-text">
<form id="ask-form" novalidate>
<h2 id="ask-title"></h2>
<p id="ask-text"></p>
<div id="ask-more"></div>
<div id="ask-field" hidden>
<label id="ask-label" for="ask-typed"></label>
<input id="ask-typed" type="text" dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="ask-trouble">
<p class="trouble" id="ask-trouble" role="alert"></p>
</div>
<p class="actions"><button type="button" id="ask-no" autofocus>${escapeHtml(texts.cancel)}</button>
<button class="danger" id="ask-yes"></button></p>
</form>
<p class="visually-hidden" role="status" data-live></p>
</dialog>`;
}

function deviceTemplate(shared: PageTexts): string {
  return `<template id="device-template">
<li class="device">
<div class="device-text">
${deviceText}
<p class="hint device-owner"></p>
</div>
<div class="device-actions">
<button class="quiet danger-text" type="button" data-action="revoke">${escapeHtml(shared.revoke)}</button>
</div>
</li>
</template>`;
}

/** Returns the HTML document of the page `admin`. The document depends on the language, but not on the user. */
export function admin(frame: Frame, texts: AdminTexts): string {
  const shared = frame.texts;
  return layout(frame, {
    brand: texts.brand,
    title: texts.title,
    lead: texts.lead,
    script: 'admin/admin.js',
    styles: 'admin.css',
    data: { 'admin-texts': texts, 'admin-features': frame.features },
    card: arrival(shared, texts),
    main: `<div id="sections" hidden>
${navigation(texts)}
${usersSection(texts)}
${groupsSection(texts)}
${devicesSection(texts)}
${auditSection(texts)}
${explainSection(texts)}
</div>`,
    after: `${dialog(texts)}
${deviceTemplate(shared)}`,
  });
}
