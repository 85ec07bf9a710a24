// Mocha's hooks for the whole run: an undefined member equals an absent one, no server logs a code, a secret or a
// token, no rejection is unhandled, and every program that was started is stopped.
import { ignoreUndefinedMembers } from './absent-members.js';
import { runScan } from './log-scan.js';
import { startOncePerRun } from './once-per-run.js';
import { takeViolations } from './openapi/violations.js';

startOncePerRun();
ignoreUndefinedMembers();

// In a parallel run, mocha gives a worker process one second to end and then sends this signal. The exit handlers must
// still run, which stop servers and write coverage.
process.once('SIGTERM', () => process.exit(143));

const cleanups: (() => Promise<void>)[] = [];

/** Registers work for after the last test of the run, or of each file in a parallel run. */
export function atEnd(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

/** Mocha ignores an unhandled rejection, which would end a host's process. */
function refuse(reason: unknown): never {
  throw reason;
}

/** Fails the test if an answer was different from the OpenAPI documents. */
function refuseViolations(): void {
  const violations = [...new Set(takeViolations())];
  if (violations.length > 0) throw new Error(`Undocumented answers:\n${violations.join('\n')}`);
}

/** How many findings have been reported already. A process may run several files one after the other. */
let reported = 0;

/** Mocha's root hooks. They run once at the start and the end of a run, or of each file in a parallel run. */
export const mochaHooks = {
  beforeAll(): void {
    process.on('unhandledRejection', refuse);
  },
  afterEach(): void {
    refuseViolations();
  },
  async afterAll(): Promise<void> {
    refuseViolations();
    process.off('unhandledRejection', refuse);
    for (const cleanup of cleanups.splice(0)) await cleanup();
    const found = runScan.findings.slice(reported);
    reported = runScan.findings.length;
    if (found.length > 0) {
      const places = found.map(({ source, kind }) => `a ${kind} in the log of ${source}`);
      throw new Error(`Secrets in logs: ${places.join(', ')}`);
    }
  },
};
