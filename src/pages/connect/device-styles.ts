// The styles of the device list and the dialogs, and rules for all elements.

/** The styles of the device list and the dialogs, and rules for all elements. */
export const devices: string = `
.devices { margin-top: 2.75rem; }
.devices-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; min-height: 2.75rem; }
.devices-head button { margin-inline-end: -0.5rem; }
#device-list { list-style: none; }
.device {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1rem;
  padding-block: 0.875rem;
  border-top: 1px solid var(--latchkey-line);
}
.device-text { flex: 1 1 18rem; min-width: 0; overflow: clip; }
.device-actions { display: flex; flex-wrap: wrap; margin-inline: -0.5rem; }
.device-actions button, .devices-head button { padding-inline: 0.5rem; font-size: 0.875rem; }
dialog {
  width: min(28rem, calc(100vw - 2rem));
  padding: 1.5rem;
  border: 1px solid var(--latchkey-line);
  border-radius: var(--latchkey-radius);
  background: var(--latchkey-surface);
  color: inherit;
  box-shadow: 0 16px 48px rgb(0 0 0 / 25%);
}
dialog::backdrop { background: rgb(12 14 13 / 55%); }
dialog h2 + p, dialog label { display: block; margin-top: 0.75rem; }
dialog label { margin-bottom: 0.25rem; font-weight: 600; }
dialog .hint { margin-top: 0.5rem; }
dialog .actions { justify-content: flex-end; }
@media (max-width: 26rem) { dialog .actions > * { flex: 1 1 auto; } }
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .primary, .danger, .choice { border-color: ButtonText; }
  .code-time { border: 1px solid CanvasText; }
}
`;
