// Builds the HTML parts that the sections of the page `admin` share.
import type { AdminTexts } from '../browser/texts/admin-english.js';
import { escapeHtml } from '../shared/markup.js';

/** Returns a section of the page. The browser shows only one section at a time. */
export function section(name: string, body: string): string {
  return `<section id="section-${name}" aria-labelledby="${name}-title" hidden>
${body}
</section>`;
}

/** Returns the heading of a section, which receives the focus when the section opens. */
export function heading(name: string, title: string, action = ''): string {
  return `<div class="section-head">
<h2 id="${name}-title" tabindex="-1">${escapeHtml(title)}</h2>
${action}
</div>`;
}

/** The optional parts of a form field. */
interface FieldParts {
  /** The HTML of the hint. */
  readonly hint?: string | undefined;
  /** `true` if the field has a line for an error message. */
  readonly checked?: boolean | undefined;
}

/** Returns an input with its label. `attributes` is inserted as HTML without escaping. */
export function field(id: string, label: string, attributes: string, parts: FieldParts = {}): string {
  return labelled(id, label, parts, (described) => `<input id="${id}" ${attributes}${described}>`);
}

/** Returns a text area with its label. `attributes` is inserted as HTML without escaping. */
export function area(id: string, label: string, attributes: string, parts: FieldParts = {}): string {
  return labelled(id, label, parts, (described) => `<textarea id="${id}" ${attributes}${described}></textarea>`);
}

/** Returns a select with its label. `options` contains the value and the text of each option. */
export function choice(id: string, label: string, options: readonly (readonly [string, string])[]): string {
  const items = options.map(([value, name]) => `<option value="${value}">${escapeHtml(name)}</option>`).join('');
  return labelled(id, label, {}, () => `<select id="${id}">${items}</select>`);
}

function labelled(id: string, label: string, parts: FieldParts, control: (described: string) => string): string {
  const { hint, checked = false } = parts;
  const lines = [...(hint === undefined ? [] : [`${id}-hint`]), ...(checked ? [`${id}-trouble`] : [])];
  const described = lines.length === 0 ? '' : ` aria-describedby="${lines.join(' ')}"`;
  return `<div class="field">
<label for="${id}">${escapeHtml(label)}</label>
${control(described)}
${hint === undefined ? '' : `<p class="hint" id="${id}-hint">${hint}</p>`}
${checked ? `<p class="trouble" id="${id}-trouble" role="alert"></p>` : ''}
</div>`;
}

/** Returns a field and, next to it, a submit button. `control` is the HTML of the field. */
export function inline(control: string, label: string, id = ''): string {
  return `<div class="inline">
${control}
<p class="send"><button${id === '' ? '' : ` id="${id}"`}>${escapeHtml(label)}</button></p>
</div>`;
}

/** Returns the HTML of a list that the browser loads page by page. */
export function listing(texts: AdminTexts, name: string, kind: 'ul' | 'ol' = 'ul'): string {
  return `<p class="hint" id="${name}-state" hidden></p>
<${kind} class="rows" id="${name}-list"></${kind}>
<p class="actions"><button type="button" id="${name}-more" hidden>${escapeHtml(texts.more)}</button></p>`;
}

/** Attributes that turn off autocomplete, autocapitalize and spellcheck for an input in which the user types a name. */
export const plainly = 'dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false"';
