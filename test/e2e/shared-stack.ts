// test/e2e: one stack for all files that take nothing away from it; where files run side by side, one for each.
import { atEnd } from '../support/root-hooks.js';
import { type Stack, startStack } from './stack.js';

let starting: Promise<Stack> | undefined;

/** The stack, started with the first call. */
export function sharedStack(): Promise<Stack> {
  if (starting === undefined) {
    const stack = startStack();
    starting = stack;
    atEnd(async () => {
      starting = undefined;
      // Whoever asked for it has said already that it did not start.
      await stack.then(
        ({ stop }) => stop(),
        () => {},
      );
    });
  }
  return starting;
}
