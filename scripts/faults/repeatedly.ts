// Repeats an action while a fault lasts.
import { setTimeout as pause } from 'node:timers/promises';

/** Repeats the action from `begin` until `end`. */
export function repeatedly(
  milliseconds: number,
  act: () => Promise<unknown>,
): { readonly begin: () => void; readonly end: () => Promise<void> } {
  let running = false;
  let done: Promise<void> = Promise.resolve();
  return {
    begin() {
      running = true;
      done = (async () => {
        while (running) {
          await act();
          await pause(milliseconds);
        }
      })();
    },
    async end() {
      running = false;
      await done;
    },
  };
}
