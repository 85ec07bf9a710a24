// Runs the tests of a host in more than one mode: on guarded paths, and on paths that browsers and apps share.
import { startHost } from './harness.js';

/** Describes a host on guarded paths and again on shared paths, where each assertion comes with the proxy secret. */
export function inEveryMode(title: string, tests: (start: typeof startHost) => void): void {
  describe(title, () => tests(startHost));
  describe(`${title} (on shared paths)`, () => tests((options) => startHost({ ...options, shared: true })));
}
