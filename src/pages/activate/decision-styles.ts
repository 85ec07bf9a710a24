// Defines the styles of the fields for codes and numbers, and of the form in which the user approves or denies a
// device.

/** The styles of the device details, the input fields, and the buttons Approve and Deny. */
export const decision: string = `
.other-way { margin-top: 0.25rem; color: var(--latchkey-quiet); }
a:not(.button) { color: var(--latchkey-accent); font-weight: 600; text-underline-offset: 0.2em; }
a:not(.button):hover { color: var(--latchkey-accent-strong); }
.facts { margin: 1.25rem 0 0; border-top: 1px solid var(--latchkey-line); }
.facts div {
  display: grid;
  grid-template-columns: minmax(5.5rem, 25%) minmax(0, 1fr);
  gap: 0 0.75rem;
  padding-block: 0.5rem;
  border-bottom: 1px solid var(--latchkey-line);
}
.facts dt { color: var(--latchkey-quiet); }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts + .hint { margin-top: 0.5rem; }
#approval, #look-up { margin-top: 1.5rem; }
#approval label, #look-up label { display: block; font-weight: 600; }
.digits, .user-code {
  display: block;
  margin-top: 0.5rem;
  font: 600 1.5rem/1.4 var(--latchkey-mono);
  font-variant-numeric: tabular-nums slashed-zero;
}
.digits { width: 6rem; letter-spacing: 0.15em; text-align: center; }
.user-code { max-width: 16rem; letter-spacing: 0.06em; text-transform: uppercase; }
#decide-text bdi { font: 600 1.0625em var(--latchkey-mono); white-space: nowrap; }
[aria-invalid="true"] { border-color: var(--latchkey-danger); box-shadow: inset 0 0 0 1px var(--latchkey-danger); }
.trouble { color: var(--latchkey-danger); font-weight: 600; }
.trouble:not(:empty) { margin-top: 0.5rem; }
#look-up .actions { margin-top: 1.25rem; }
/* The buttons Approve and Deny have the same size and the same color. */
.choices { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
.choice {
  flex: 1 1 7.25rem;
  gap: 0.375rem;
  min-height: 3.25rem;
  padding-inline: 0.25rem;
  overflow-wrap: normal;
  border-color: transparent;
  background: var(--latchkey-ink);
  color: var(--latchkey-surface);
}
.choice:hover { border-color: transparent; background: color-mix(in srgb, var(--latchkey-ink) 84%, var(--latchkey-surface)); }
.sign { flex: none; fill: none; stroke: currentcolor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }`;
