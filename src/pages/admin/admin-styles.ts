// The style sheet of the page `admin`, which uses the colors and borders from styles.ts.
import { adminDetails } from './detail-styles.js';

const frame = `
.bar-inner, main { width: min(100%, 68rem); }
main { padding-top: clamp(1.25rem, 3vw, 2rem); }
/* Ensures that the sticky notice never hides the focused element. */
html:has(#notice:not([hidden])) { scroll-padding-top: 11rem; }
.notice { position: sticky; top: 0.5rem; z-index: 1; box-shadow: var(--latchkey-shadow); }
.sections { margin-top: 1.5rem; border-bottom: 1px solid var(--latchkey-line); }
.sections ul { display: flex; flex-wrap: wrap; gap: 0 0.25rem; list-style: none; margin-bottom: -1px; }
.sections a {
  display: inline-flex;
  align-items: center;
  min-height: 2.75rem;
  padding-inline: 0.625rem;
  border-bottom: 3px solid transparent;
  color: var(--latchkey-quiet);
  text-decoration: none;
}
.sections a:hover { color: var(--latchkey-ink); }
.sections a[aria-current] { border-color: var(--latchkey-accent); color: var(--latchkey-ink); }
#sections > section { margin-top: 1.75rem; }
.section-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; min-height: 2.75rem; }
h4 { margin: 0; font-size: 0.9375rem; line-height: 1.25; }
select, textarea {
  width: 100%;
  min-height: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--latchkey-control-line);
  border-radius: 0.5rem;
  background: var(--latchkey-ground);
  color: inherit;
  font: inherit;
}
textarea { display: block; resize: vertical; }
input[readonly] { border-style: dashed; color: var(--latchkey-quiet); }
.pasted { font: 0.9375rem/1.5 var(--latchkey-mono); }
.field { min-width: 0; }
.field > label { display: block; margin-bottom: 0.25rem; font-weight: 600; }
.field > .hint { margin-top: 0.25rem; }
.filter { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); align-items: start; gap: 0.875rem 1rem; margin-top: 0.75rem; }
.few { grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); }
#mappings-state, #mappings-configured { margin-top: 0.75rem; }
form + .hint { margin-top: 1.25rem; }
.inline { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: start; gap: 0 0.75rem; margin-top: 0.75rem; }
/* Aligns the button with the field next to it. The padding equals the height of the field's label. */
.send { padding-top: 1.8rem; }
#audit-filter .actions { margin-top: 1rem; }`;

const rows = `
.rows { margin-top: 0.75rem; list-style: none; }
.rows[aria-busy="true"] { opacity: 0.6; }
.rows + .actions { margin-top: 0.75rem; }
.rows + .actions:has([hidden]) { display: none; }
.row {
  display: grid;
  grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
  align-items: center;
  gap: 0.375rem 1.5rem;
  padding-block: 0.75rem;
  border-top: 1px solid var(--latchkey-line);
}
.row h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 0.5rem; min-width: 0; }
.row h3 a, .row h3 bdi { min-width: 0; }
.entry { display: block; }
.entry h3 { display: block; }
.entry .facts { margin-top: 0.5rem; border-top: 0; }
.entry .facts div { padding-block: 0.125rem; border-bottom: 0; }
.entry .facts dd { font-weight: 400; }
.chips { display: flex; flex-wrap: wrap; gap: 0.25rem 0.375rem; list-style: none; min-width: 0; }
.chips .hint { align-self: center; }
.chip {
  display: inline-block;
  max-width: 100%;
  padding: 0.0625rem 0.5rem;
  border: 1px solid var(--latchkey-line);
  border-radius: 0.375rem;
  background: var(--latchkey-ground);
  font-size: 0.875rem;
}
.tags:empty { display: none; }
.tags { display: flex; flex-wrap: wrap; gap: 0.375rem; margin-top: 0.375rem; }
.tag {
  display: inline-block;
  padding: 0 0.5rem;
  border: 1px solid var(--latchkey-control-line);
  border-radius: 1rem;
  color: var(--latchkey-quiet);
  font-size: 0.8125rem;
  font-weight: 600;
  line-height: 1.5;
  white-space: nowrap;
}
.tag-caution { border-color: var(--latchkey-caution-line); background: var(--latchkey-caution-ground); color: var(--latchkey-ink); }
.tag-danger { border-color: var(--latchkey-danger); color: var(--latchkey-danger); }
.mappings { width: 100%; margin-top: 1rem; border-collapse: collapse; table-layout: fixed; }
.mappings th, .mappings td { padding: 0.625rem 0.75rem 0.625rem 0; border-top: 1px solid var(--latchkey-line); text-align: start; vertical-align: top; }
[dir="rtl"] .mappings th, [dir="rtl"] .mappings td { padding: 0.625rem 0 0.625rem 0.75rem; }
.mappings thead th:first-child { width: 27%; }
.mappings thead th:nth-child(2) { width: 30%; }
.mappings thead th:last-child { width: 10.5rem; }
.mappings thead th { border-top: 0; color: var(--latchkey-quiet); font-size: 0.875rem; }
.mappings td { font-size: 0.9375rem; }
.mappings .tag { margin-inline-end: 0.25rem; }
.group-name { display: block; }
.row-actions { display: flex; flex-wrap: wrap; margin: -0.5rem; }
.row-actions button { padding-inline: 0.5rem; font-size: 0.875rem; }
@media (max-width: 46rem) {
  .row { grid-template-columns: minmax(0, 1fr); }
  .mappings, .mappings tbody, .mappings tr, .mappings th, .mappings td { display: block; }
  .mappings thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .mappings tr { padding-block: 0.75rem; border-top: 1px solid var(--latchkey-line); }
  .mappings tbody th, .mappings tbody td { padding: 0.125rem 0; border: 0; }
  .mappings td:empty { display: none; }
  .mappings td:not(:last-child)::before { content: attr(data-label) ' '; display: block; color: var(--latchkey-quiet); font-size: 0.8125rem; }
}`;

/** The style sheet of the page `admin`. */
export const adminStyles: string = [frame, rows, adminDetails].join('\n').trimStart();
