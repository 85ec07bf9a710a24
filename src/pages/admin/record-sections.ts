// Builds the HTML of the sections for devices, the audit trail and explanations.

import type { AuditAction } from '../../vocabulary/words.js';
import type { AdminTexts } from '../browser/texts/admin-english.js';
import { escapeHtml } from '../shared/markup.js';
import { area, choice, field, heading, inline, listing, plainly, section } from './markup-parts.js';

/** Returns the section for the devices of all users. */
export function devicesSection(texts: AdminTexts): string {
  const search = field('devices-search', texts.search, `type="search" maxlength="255" ${plainly}`, {
    hint: escapeHtml(texts.devicesHint),
  });
  return section(
    'devices',
    `${heading('devices', texts.devices)}
<form id="devices-filter" role="search" novalidate>
${inline(search, texts.search)}
</form>
${listing(texts, 'devices')}`,
  );
}

/** Returns the section for the audit trail. */
export function auditSection(texts: AdminTexts): string {
  return section(
    'audit',
    `${heading('audit', texts.audit)}
<form id="audit-filter" role="search" novalidate>
<div class="filter">
${field('audit-actor', texts.actor, `type="text" maxlength="255" ${plainly}`, { hint: escapeHtml(texts.exactHint) })}
${field('audit-subject', texts.about, `type="text" maxlength="255" ${plainly}`, { hint: escapeHtml(texts.exactHint) })}
${choice('audit-action', texts.action, [
  ['', texts.any],
  ...Object.entries({
    'user.created': texts.actionUserCreated,
    'user.changed': texts.actionUserChanged,
    'user.deleted': texts.actionUserDeleted,
    'user.linked': texts.actionUserLinked,
    'user.unlinked': texts.actionUserUnlinked,
    'user.renamed': texts.actionUserRenamed,
    'user.merged': texts.actionUserMerged,
    'mapping.set': texts.actionMappingSet,
    'mapping.deleted': texts.actionMappingDeleted,
    'device.paired': texts.actionDevicePaired,
    'device.renamed': texts.actionDeviceRenamed,
    'device.revoked': texts.actionDeviceRevoked,
  } satisfies Readonly<Record<AuditAction, string>>),
])}
${field('audit-since', texts.since, 'type="datetime-local"')}
${field('audit-until', texts.until, 'type="datetime-local"')}
</div>
<p class="actions"><button>${escapeHtml(texts.filter)}</button>
<a class="button" id="audit-download" download="audit.jsonl">${escapeHtml(texts.download)}</a></p>
</form>
${listing(texts, 'audit', 'ol')}`,
  );
}

/** Returns the section that explains the outcome of a request. */
export function explainSection(texts: AdminTexts): string {
  const example = (words: string, sample: string) =>
    escapeHtml(words).replace('{example}', `<bdi dir="ltr" translate="no">${sample}</bdi>`);
  const ltr = 'dir="ltr" autocomplete="off" autocapitalize="none" spellcheck="false"';
  const subject = field('explain-subject', texts.explainSubject, `type="text" maxlength="255" ${plainly}`, {
    hint: escapeHtml(texts.explainSubjectHint),
    checked: true,
  });
  const headers = area('explain-headers', texts.headersLabel, `rows="6" class="pasted" ${ltr}`, {
    hint: example(texts.headersHint, 'Remote-User: ada'),
    checked: true,
  });
  return section(
    'explain',
    `${heading('explain', texts.explain)}
<form id="explain-form" novalidate>
<fieldset class="ticks">
<legend>${escapeHtml(texts.explainWhat)}</legend>
<label class="tick"><input type="radio" name="explain-of" id="explain-of-user" checked> <span>${escapeHtml(texts.explainUser)}</span></label>
<label class="tick"><input type="radio" name="explain-of" id="explain-of-request"> <span>${escapeHtml(texts.explainHeaders)}</span></label>
</fieldset>
<div id="explain-user">
${subject}
</div>
<div id="explain-request" hidden>
${headers}
<div class="filter">
${field('explain-peer', texts.peerLabel, `type="text" maxlength="64" ${ltr}`, { hint: escapeHtml(texts.peerHint) })}
${field('explain-target', texts.targetLabel, `type="text" maxlength="2048" ${ltr}`, { hint: example(texts.targetHint, '/') })}
</div>
</div>
<p class="actions"><button class="primary" id="explain-send">${escapeHtml(texts.explainSend)}</button></p>
</form>
<section class="part" id="explanation" aria-labelledby="explanation-title" hidden>
<h3 id="explanation-title">${escapeHtml(texts.explanation)}</h3>
<ol class="explanation" id="explain-steps"></ol>
<p class="outcome" id="explain-outcome"></p>
</section>`,
  );
}
