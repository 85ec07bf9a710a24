// The styles of the page `quick-connect`. Colors and controls come from styles.ts.

/** The styles of the card. The card shows the codes, the countdowns, and how the pairing ended. */
export const pairing: string = `
.pairing {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr);
  grid-template-rows: 1fr auto auto 1fr;
  gap: 1.25rem clamp(1.5rem, 5vw, 2.5rem);
  margin-top: 1.25rem;
}
.qr { grid-row: 1 / -1; text-align: center; }
.qr-failed { grid-row: 1 / -1; max-width: 13.5rem; }
.typed { grid-area: 2 / 2; }
.same-device { grid-area: 3 / 2; }
.qr figcaption { margin-top: 0.5rem; color: var(--latchkey-quiet); font-size: 0.875rem; }
/*
 * The QR code is dark on white and has a white margin in every theme, because many scanners cannot read inverted codes.
 */
.qr-ground {
  display: inline-block;
  padding: 0.5rem;
  border: 1px solid var(--latchkey-line);
  border-radius: var(--latchkey-radius);
  background: #ffffff;
  line-height: 0;
}
.qr img { width: 13.5rem; height: 13.5rem; }
.code {
  min-height: 3.25rem;
  margin-top: 0.125rem;
  font: 600 clamp(1.5rem, 1.05rem + 2.1vw, 1.9375rem)/1.6 var(--latchkey-mono);
  font-variant-numeric: tabular-nums slashed-zero;
  white-space: nowrap;
}
/* On right-to-left pages, the code is aligned to the right. The letters of the code still run from left to right. */
[dir="rtl"] .code { text-align: right; }
.code-groups { display: inline-flex; flex-wrap: wrap; gap: 0 0.125em; color: var(--latchkey-quiet); user-select: all; }
.code-groups bdi { color: var(--latchkey-ink); }
.code-time {
  display: block;
  width: min(100%, 17.5rem);
  height: 4px;
  margin-block: 0.125rem 0.5rem;
  border: 0;
  border-radius: 2px;
  overflow: hidden;
  background: var(--latchkey-line);
  appearance: none;
}
.code-time::-webkit-progress-bar { background: var(--latchkey-line); }
.code-time::-webkit-progress-value { background: var(--latchkey-accent); transition: inline-size 1s linear; }
.code-time::-moz-progress-bar { background: var(--latchkey-accent); }
#code-rotates, .waiting { font-variant-numeric: tabular-nums; }
.concealed {
  display: grid;
  justify-items: center;
  align-content: center;
  gap: 1rem;
  min-height: 15rem;
  margin-top: 1.25rem;
  padding: 1.25rem;
  border: 1px dashed var(--latchkey-control-line);
  border-radius: var(--latchkey-radius);
  text-align: center;
}
.warning {
  margin-top: 1.5rem;
  padding: 0.75rem 1rem;
  border-inline-start: 4px solid var(--latchkey-caution-line);
  border-radius: 0.25rem;
  background: var(--latchkey-caution-ground);
  font-size: 0.9375rem;
}
.foot {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.75rem 1rem;
  margin-top: 1.25rem;
}
.waiting { display: flex; align-items: center; gap: 0.625rem; }
.pulse { flex: none; width: 0.625rem; height: 0.625rem; border-radius: 50%; background: var(--latchkey-accent); animation: pulse 2s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: 0.25; } }
.mark { display: block; margin-bottom: 0.75rem; fill: none; stroke: var(--latchkey-accent); stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.doubt { margin-top: 1rem; font-weight: 600; }
.doubt + .actions { margin-top: 0.75rem; }
@media (max-width: 40rem) {
  .pairing { display: flex; flex-direction: column; align-items: stretch; }
  .qr-failed { max-width: none; }
  .qr, .typed, .typed .code { text-align: center; }
  .code-time { margin-inline: auto; }
  .same-device .button, .foot button, .panel .actions > * { width: 100%; }
}
/*
 * People who open this page on a phone usually want to connect an app on the same phone, so the link to the app comes
 * first.
 */
@media (max-width: 40rem) and (pointer: coarse) {
  .same-device { order: -1; }
  .same-device .button { background: var(--latchkey-accent); border-color: transparent; color: var(--latchkey-on-accent); }
}`;
