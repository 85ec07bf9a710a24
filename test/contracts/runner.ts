// The functions of a test runner that the contract suites use.

/**
 * The functions of a test runner, named as in mocha. For vitest: `{ describe, it, before: beforeAll, after: afterAll,
 * beforeEach }`.
 */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly before: (body: () => Promise<void>) => unknown;
  readonly after: (body: () => Promise<void>) => unknown;
  readonly beforeEach: (body: () => Promise<void>) => unknown;
}
