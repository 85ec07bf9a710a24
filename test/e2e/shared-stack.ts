// test/e2e: one stack for all files that take nothing away from it.
import { type Stack, startStack } from './stack.js';

let starting: Promise<Stack> | undefined;

/** The stack, started with the first call. */
export function sharedStack(): Promise<Stack> {
  starting ??= startStack();
  return starting;
}

after(async () => {
  await (await starting)?.stop();
});
