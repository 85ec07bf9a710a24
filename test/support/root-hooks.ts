// What holds for the whole run: an undefined member equals an absent one, no code, secret or token is in any server's log, no rejection goes unhandled,
// and what was started is stopped.
import { ignoreUndefinedMembers } from './absent-members.js';
import { runScan } from './log-scan.js';
import { startOnceARun } from './once-a-run.js';

startOnceARun();
ignoreUndefinedMembers();

// Where files run side by side, mocha gives their process one second to end and then sends this signal. Servers are still
// to be stopped then, and coverage to be written.
process.once('SIGTERM', () => process.exit(143));

const works: (() => Promise<void>)[] = [];

/** Has this done after the last test: of the run, or of the file where files run side by side. */
export function atEnd(work: () => Promise<void>): void {
  works.push(work);
}

/** Mocha itself lets a rejection go that nobody handles, which would end a host's process. */
function refuse(reason: unknown): never {
  throw reason;
}

/** How many findings have been said already: a process may run several files one after the other. */
let said = 0;

/** Mocha's root hooks: first and last of a run; of each file where files run side by side. */
export const mochaHooks = {
  beforeAll(): void {
    process.on('unhandledRejection', refuse);
  },
  async afterAll(): Promise<void> {
    process.off('unhandledRejection', refuse);
    for (const work of works.splice(0)) await work();
    const found = runScan.findings.slice(said);
    said = runScan.findings.length;
    if (found.length > 0) {
      const places = found.map(({ source, kind }) => `a ${kind} in the log of ${source}`);
      throw new Error(`Secrets in logs: ${places.join(', ')}`);
    }
  },
};
