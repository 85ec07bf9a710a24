// test/e2e: one stack for all files that stop no part of it. If files run in parallel, each has its own.
import { atEnd } from '../support/root-hooks.js';
import { type Stack, startStack } from './stack.js';

let starting: Promise<Stack> | undefined;

/** The stack. The first call starts it. */
export function sharedStack(): Promise<Stack> {
  if (starting === undefined) {
    const stack = startStack();
    starting = stack;
    atEnd(async () => {
      starting = undefined;
      // The caller has already reported that it did not start.
      await stack.then(
        ({ stop }) => stop(),
        () => {},
      );
    });
  }
  return starting;
}
