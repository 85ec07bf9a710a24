// The pieces of markup that the sections of the page `admin` are made of.
import type { AdminTexts } from '../browser/texts/admin-english.js';
import { text } from '../shared/markup.js';

/** One section: the browser shows one at a time. */
export function section(name: string, body: string): string {
  return `<section id="section-${name}" aria-labelledby="${name}-title" hidden>
${body}
</section>`;
}

/** A section's heading, which takes the focus when the section is gone to. */
export function heading(name: string, title: string, action = ''): string {
  return `<div class="section-head">
<h2 id="${name}-title" tabindex="-1">${text(title)}</h2>
${action}
</div>`;
}

/** What a field may have beside its control. */
interface FieldParts {
  /** HTML. */
  readonly hint?: string;
  /** Whether there is a line for what is wrong with what was typed. */
  readonly checked?: boolean;
}

/** A control with its label. `attributes`: HTML of ours. */
export function field(id: string, label: string, attributes: string, parts: FieldParts = {}): string {
  return labelled(id, label, parts, (described) => `<input id="${id}" ${attributes}${described}>`);
}

/** The same for text of several lines. */
export function area(id: string, label: string, attributes: string, parts: FieldParts = {}): string {
  return labelled(id, label, parts, (described) => `<textarea id="${id}" ${attributes}${described}></textarea>`);
}

/** The same for a choice: value and text of each. */
export function choice(id: string, label: string, options: readonly (readonly [string, string])[]): string {
  const items = options.map(([value, name]) => `<option value="${value}">${text(name)}</option>`).join('');
  return labelled(id, label, {}, () => `<select id="${id}">${items}</select>`);
}

function labelled(id: string, label: string, parts: FieldParts, control: (described: string) => string): string {
  const { hint, checked = false } = parts;
  const lines = [...(hint === undefined ? [] : [`${id}-hint`]), ...(checked ? [`${id}-trouble`] : [])];
  const described = lines.length === 0 ? '' : ` aria-describedby="${lines.join(' ')}"`;
  return `<div class="field">
<label for="${id}">${text(label)}</label>
${control(described)}
${hint === undefined ? '' : `<p class="hint" id="${id}-hint">${hint}</p>`}
${checked ? `<p class="trouble" id="${id}-trouble" role="alert"></p>` : ''}
</div>`;
}

/** A field with the button that sends it. HTML. */
export function inline(control: string, label: string, id = ''): string {
  return `<div class="inline">
${control}
<p class="send"><button${id === '' ? '' : ` id="${id}"`}>${text(label)}</button></p>
</div>`;
}

/** A list that comes in parts. */
export function listing(texts: AdminTexts, name: string, kind: 'ul' | 'ol' = 'ul'): string {
  return `<p class="hint" id="${name}-state" hidden></p>
<${kind} class="rows" id="${name}-list"></${kind}>
<p class="actions"><button type="button" id="${name}-more" hidden>${text(texts.more)}</button></p>`;
}

/** A name that people type, which no keyboard should improve. */
export const plainly = 'dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false"';
