// The shared style sheet, as a string. A string is compiled into the package, so the build does not have to copy `.css`
// files.
import { decision } from '../activate/decision-styles.js';
import { pairing } from '../connect/connect-styles.js';
import { devices } from '../connect/device-styles.js';

const tokens = `
:root {
  color-scheme: light dark;
  --latchkey-ground: #f7f6f3;
  --latchkey-surface: #ffffff;
  --latchkey-ink: #1d1f1e;
  --latchkey-quiet: #5b605d;
  --latchkey-line: #dedcd6;
  --latchkey-control-line: #85897f;
  --latchkey-accent: #14614f;
  --latchkey-accent-strong: #0d4a3c;
  --latchkey-on-accent: #ffffff;
  --latchkey-danger: #a3262b;
  --latchkey-danger-strong: #831c21;
  --latchkey-on-danger: #ffffff;
  --latchkey-caution-ground: #fbf3df;
  --latchkey-caution-line: #b7791f;
  --latchkey-focus: #1a5fd0;
  --latchkey-radius: 0.75rem;
  --latchkey-shadow: 0 1px 2px rgb(29 31 30 / 6%), 0 8px 24px rgb(29 31 30 / 5%);
  --latchkey-text: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --latchkey-mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", Menlo, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --latchkey-ground: #141615;
    --latchkey-surface: #1d201f;
    --latchkey-ink: #edeeeb;
    --latchkey-quiet: #a6aba7;
    --latchkey-line: #343836;
    --latchkey-control-line: #7b827d;
    --latchkey-accent: #85d3ba;
    --latchkey-accent-strong: #a5e2cd;
    --latchkey-on-accent: #0c241d;
    --latchkey-danger: #ff9c96;
    --latchkey-danger-strong: #ffb9b4;
    --latchkey-on-danger: #370a0b;
    --latchkey-caution-ground: #2b2516;
    --latchkey-caution-line: #d9a441;
    --latchkey-focus: #8ab8ff;
    --latchkey-shadow: none;
  }
}`;

const base = `
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--latchkey-ground);
  color: var(--latchkey-ink);
  font: 1rem/1.55 var(--latchkey-text);
  overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, ol, figure { margin: 0; padding: 0; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: clamp(1.625rem, 1.3rem + 1.6vw, 2.125rem); letter-spacing: -0.02em; }
h2 { font-size: 1.25rem; letter-spacing: -0.01em; }
h3 { font-size: 1rem; }
p { text-wrap: pretty; }
:focus-visible { outline: 3px solid var(--latchkey-focus); outline-offset: 2px; }
h2:focus-visible { outline: none; }
.visually-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.hint { color: var(--latchkey-quiet); font-size: 0.875rem; }
.label { font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }

button, .button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 2.75rem;
  padding: 0.5rem 1.125rem;
  border: 1px solid var(--latchkey-control-line);
  border-radius: 0.5rem;
  background: transparent;
  color: inherit;
  font: inherit;
  font-weight: 600;
  line-height: 1.3;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { border-color: currentcolor; }
button[aria-disabled="true"] { opacity: 0.6; cursor: progress; }
.primary { background: var(--latchkey-accent); border-color: transparent; color: var(--latchkey-on-accent); }
.primary:hover { background: var(--latchkey-accent-strong); border-color: transparent; }
.danger { background: var(--latchkey-danger); border-color: transparent; color: var(--latchkey-on-danger); }
.danger:hover { background: var(--latchkey-danger-strong); border-color: transparent; }
.quiet { padding-inline: 0.625rem; border-color: transparent; font-size: 0.9375rem; color: var(--latchkey-quiet); }
.quiet:not(.danger-text):hover { color: var(--latchkey-ink); }
.quiet:hover { background: color-mix(in srgb, currentcolor 9%, transparent); border-color: transparent; }
.danger-text { color: var(--latchkey-danger); }
input {
  width: 100%;
  min-height: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--latchkey-control-line);
  border-radius: 0.5rem;
  background: var(--latchkey-ground);
  color: inherit;
  font: inherit;
}`;

const frame = `
.bar { border-bottom: 1px solid var(--latchkey-line); background: var(--latchkey-surface); }
.bar-inner, main { width: min(100%, 48rem); margin-inline: auto; padding-inline: clamp(1rem, 4vw, 1.5rem); }
.bar-inner {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0 1rem;
  min-height: 3.5rem;
}
.brand { display: flex; align-items: center; gap: 0.5rem; font-weight: 650; }
.brand svg {
  flex: none;
  fill: none;
  stroke: var(--latchkey-accent);
  stroke-width: 2;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.brand .logo { flex: none; height: 2rem; max-width: 8rem; object-fit: contain; }
.brand .home { display: flex; align-items: center; gap: 0.5rem; min-height: 2.75rem; color: inherit; text-decoration: none; }
.brand .home:hover span { text-decoration: underline; }
.site-name {
  display: block;
  margin-bottom: 0.25rem;
  color: var(--latchkey-quiet);
  font-size: 1rem;
  font-weight: 600;
  letter-spacing: normal;
}
.who { display: flex; align-items: center; gap: 0.25rem; min-width: 0; font-size: 0.9375rem; }
.who p { min-width: 0; color: var(--latchkey-quiet); }
.who bdi { color: var(--latchkey-ink); font-weight: 600; }
.who button { flex: none; margin-inline-end: -0.625rem; }
@media (max-width: 34rem) {
  .bar-inner { flex-wrap: nowrap; }
  .bar-inner:has(.who:not([hidden])) .brand span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .who { flex: 1; justify-content: space-between; padding-block: 0.375rem; line-height: 1.3; }
}
main { padding-block: clamp(1.75rem, 5vw, 3rem) 4rem; }
.lead { margin-top: 0.5rem; color: var(--latchkey-quiet); font-size: 1.0625rem; }
.notice {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.75rem 1rem;
  margin-top: 1.5rem;
  padding: 0.875rem 1.125rem;
  border: 1px solid var(--latchkey-caution-line);
  border-radius: var(--latchkey-radius);
  background: var(--latchkey-caution-ground);
}
.notice p { flex: 1 1 16rem; }
.card {
  margin-top: 1.75rem;
  padding: clamp(1.25rem, 4.5vw, 2rem);
  border: 1px solid var(--latchkey-line);
  border-radius: var(--latchkey-radius);
  background: var(--latchkey-surface);
  box-shadow: var(--latchkey-shadow);
}
.panel > h2 + p { margin-top: 0.5rem; }
.steps { display: grid; gap: 0.75rem; margin-top: 1rem; list-style: none; counter-reset: step; }
.steps li { display: grid; grid-template-columns: 1.75rem 1fr; gap: 0.75rem; align-items: baseline; }
.steps li::before {
  counter-increment: step;
  content: counter(step);
  width: 1.75rem;
  border-radius: 50%;
  background: color-mix(in srgb, var(--latchkey-accent) 12%, transparent);
  color: var(--latchkey-accent);
  font-size: 0.875rem;
  font-weight: 700;
  line-height: 1.75rem;
  text-align: center;
}`;

/** The styles that every page needs. The `--latchkey-*` variables at the top define the light and the dark colors. */
export const frameStyles: string = [tokens, base, frame].join('\n').trimStart();

/** The style sheet of all pages. */
export const styles: string = [frameStyles, pairing, decision, devices].join('\n');
