// What a contract suite needs of the test runner.

/**
 * The words of a test runner, as mocha has them. For vitest: `{ describe, it, before: beforeAll, after: afterAll,
 * beforeEach }`.
 */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly before: (body: () => Promise<void>) => unknown;
  readonly after: (body: () => Promise<void>) => unknown;
  readonly beforeEach: (body: () => Promise<void>) => unknown;
}
