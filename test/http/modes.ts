// Runs the tests of a host in more than one mode: on guarded paths, and on paths that browsers and apps share.
import { startHost } from './harness.js';

/**
 * Describes a host on guarded paths and again on shared paths, where each assertion comes with the proxy secret.
 * `shared` is true for the second time, for tests with a token, which counts on shared paths only.
 */
export function inEveryMode(title: string, tests: (start: typeof startHost, shared: boolean) => void): void {
  describe(title, () => tests(startHost, false));
  describe(`${title} (on shared paths)`, () => tests((options) => startHost({ ...options, shared: true }), true));
}
