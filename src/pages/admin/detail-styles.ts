// The styles of the view of one user, of the mapping form and of an explanation.

/** The styles of the view of one user, of the mapping form and of an explanation. */
export const adminDetails: string = `
.back { margin-bottom: 0.75rem; }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 2.5rem; }
.part { min-width: 0; margin-top: 1.75rem; }
.part h3:focus-visible { outline: none; }
.part > .hint, .part > ul, .part > div { margin-top: 0.5rem; }
.plain-list { display: grid; gap: 0.375rem; list-style: none; }
#user-granted { display: flex; flex-wrap: wrap; gap: 0 0.75rem; }
.pair { display: flex; align-items: center; min-width: 0; }
.pair button { flex: none; padding-inline: 0.375rem; font-size: 0.875rem; }
.last-actions { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--latchkey-line); }
#user-delete { margin-inline-start: auto; }
#login-again { margin-top: 0.5rem; }
#mapping, #new-user { margin-top: 1rem; margin-bottom: 1.5rem; }
#new-user .hint { margin-top: 0.25rem; }
#new-user .filter > :last-child { grid-column: 1 / -1; }
.mapping-fields { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.25rem 2rem; margin-top: 1rem; }
.mapping-fields .field + .field { margin-top: 1rem; }
.preview { min-height: 8rem; padding: 1rem; border: 1px solid var(--latchkey-line); border-radius: 0.5rem; background: var(--latchkey-ground); }
#preview { margin-top: 0.5rem; }
#preview[aria-busy="true"] { opacity: 0.6; }
.preview-list { display: grid; gap: 0.25rem; margin-top: 0.5rem; list-style: none; }
.preview-list li { padding-inline-start: 1.5rem; position: relative; }
.preview-list li::before { position: absolute; inset-inline-start: 0.25rem; font-weight: 700; }
.gain::before { content: '+'; color: var(--latchkey-accent); }
.loss::before { content: '−'; color: var(--latchkey-danger); }
#ask-more { margin-top: 0.75rem; }
.tick-row { margin-top: 0.75rem; }
.tick { display: flex; align-items: flex-start; gap: 0.625rem; min-height: 2.75rem; padding-block: 0.5rem; cursor: pointer; }
.tick input { flex: none; width: 1.25rem; height: 1.25rem; min-height: 0; margin: 0.125rem 0 0; padding: 0; accent-color: var(--latchkey-accent); }
.ticks { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin: 0.75rem 0; padding: 0; border: 0; }
.ticks legend { padding: 0; font-weight: 600; }
.explanation { display: grid; margin-top: 0.75rem; list-style: none; counter-reset: step; }
.step { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.25rem 1rem; padding-block: 0.75rem; border-top: 1px solid var(--latchkey-line); }
.step-verdict { display: flex; align-items: baseline; gap: 0.5rem; font-weight: 600; }
.step-sign { width: 1rem; font-weight: 700; text-align: center; }
.step-passed .step-verdict { color: var(--latchkey-accent); }
.step-refused .step-verdict { color: var(--latchkey-danger); }
.step-noted .step-verdict { color: var(--latchkey-quiet); }
.step-text > * + * { margin-top: 0.5rem; }
.step-text .facts { margin-top: 0.5rem; }
.kind { display: block; font-size: 0.8125rem; }
code { font-family: var(--latchkey-mono); font-size: 0.9375em; }
.outcome { display: flex; margin-top: 0.75rem; flex-wrap: wrap; gap: 0.25rem 0.75rem; padding: 0.875rem 1.125rem; border: 1px solid var(--latchkey-line); border-inline-start: 4px solid var(--latchkey-accent); border-radius: 0.25rem; background: var(--latchkey-surface); }
.outcome:has(.outcome-refused) { border-inline-start-color: var(--latchkey-danger); }
.outcome:has(.outcome-nobody) { border-inline-start-color: var(--latchkey-caution-line); }
@media (max-width: 46rem) {
  .mapping-fields { grid-template-columns: minmax(0, 1fr); }
  .step { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 34rem) {
  .actions > button, .actions > .button { flex: 1 1 auto; }
}
`;
