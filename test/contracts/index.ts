// The entry point `latchkey/contracts`: one suite for each port, to run with any store.
export { directoryContract } from './directory-contract.js';
export type { DirectoryHarness } from './directory-harness.js';
export type { TestRunner } from './runner.js';
export { stateContract } from './state-contract.js';
export type { StateHarness } from './state-harness.js';
