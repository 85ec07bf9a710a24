// Writes the page docs/benchmarks.md, and the tables that the run prints.
import { type Measurement, resultOf, targetResults } from './results.js';

/** Where and how a run was made. */
export interface RunDescription {
  readonly date: Date;
  /** The commit that was checked out, and whether files differed from it. */
  readonly commit: string;
  readonly machine: string;
  readonly cores: string;
  /** Names and versions of programs and packages. */
  readonly versions: readonly (readonly [name: string, version: string])[];
  readonly rounds: number;
  readonly sliceSeconds: number;
  /** The load average of the last minute, before and after the run. */
  readonly loadAverages: readonly [number, number];
}

/** Returns a Markdown table. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Formats a count per request. A count of background work is a small fraction. */
export function perRequest(count: number): string {
  const text = count.toFixed(2);
  return text === '0.00' || text === '-0.00' ? '0' : text.replace(/\.00$/, '');
}

/** Returns the table of all variants. */
export function resultsTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const result = resultOf(measurement);
    const { median, low, high } = result.ratio;
    return [
      result.name,
      Math.round(result.requestsPerSecond.median).toString(),
      `**${median.toFixed(2)}**`,
      `${low.toFixed(2)}–${high.toFixed(2)}`,
      result.cpuRatio.toFixed(2),
      result.cpuMicroseconds.toFixed(1),
      result.addedMicroseconds.toFixed(1),
      percent(result.busy),
      perRequest(result.commands),
      perRequest(result.statements),
    ];
  });
  const header = [
    'variant',
    'requests/s',
    'ratio',
    'quartiles',
    'CPU ratio',
    'CPU µs',
    'added µs',
    'busy',
    'Redis',
    'SQL',
  ];
  return markdownTable(header, rows);
}

/** Returns the table of the targets. */
export function targetsTable(measurements: readonly Measurement[]): string {
  const rows = targetResults(measurements).map(({ target, measured, byCpuTime, met }) => {
    return [target, measured, byCpuTime, met ? 'yes' : 'no'];
  });
  return markdownTable(['target', 'measured', 'by CPU time', 'met'], rows);
}

/** Returns the page docs/benchmarks.md. */
export function benchmarksPage(run: RunDescription, measurements: readonly Measurement[]): string {
  const versions = run.versions.map(([name, version]) => `${name} ${version}`).join(', ');
  const [before, after] = run.loadAverages.map((load) => load.toFixed(1));
  return `# Benchmarks

This page is written by \`npm run bench\`. Do not edit it: change \`scripts/bench/http/report.ts\`.

- Date and commit: ${run.date.toISOString().slice(0, 10)}, ${run.commit}
- Machine: ${run.machine}
- Cores: ${run.cores}
- Versions: ${versions}
- Rounds: ${run.rounds}, with slices of ${run.sliceSeconds} s
- Load average of the machine: ${before} before the run, and ${after} after it

The load average shows how busy the machine was. The run itself contributes about 2. If the load average is higher,
other processes used the cores during the run: all times are then longer, and two runs give different results. So
compare ratios, not requests per second.

## Results

${resultsTable(measurements)}

- **ratio**: the throughput of the variant divided by the throughput of the *no-op app*. A ratio of 1 means that the
  variant costs nothing. The no-op app is an Express app with the same routers and the same response, and gets the same
  requests, but its middleware does nothing. Each round measures both, one after the other. The ratio is the median of
  the rounds, and the quartiles show how much the rounds differ.
- **CPU ratio**: the CPU time of the no-op app divided by the CPU time of the variant. If other processes keep the
  machine busy, this ratio is more exact than the ratio of the throughputs.
- **CPU µs**: the CPU time of the server process per request, including system calls, timers and garbage collection.
- **added µs**: the CPU time per request that the variant needs in addition to the CPU time of the no-op app.
- **busy**: the CPU time of the server process as a share of the elapsed time. If it is far below 100 %, the server
  waited for Redis, for Postgres, or for a core that other processes used.
- **Redis** and **SQL**: commands and statements per request. A fraction comes from work that a timer starts, such as
  the reading of the journal.

## Targets

${targetsTable(measurements)}

The column *measured* decides whether a target is met. The column *by CPU time* shows the same ratio, from the CPU
times.

## What is measured

Each variant is an Express server in a process of its own, with its own database and its own Redis. A second process
keeps 32 connections busy and sends the requests of 20 users in turns. All users have sent requests before, so their
values are cached and their sessions exist. In each round, every variant gets requests for one slice, and then its no-op
app gets the same requests for one slice. Each variant has its own no-op app, so that both have handled equally many
requests.

Every variant authenticates each request, requires a login and sends the same JSON. The handler of the variants with
Latchkey also reads \`req.principal\`, with the user's current roles. The other packages are set up as their documentation
describes:

- **passport-trusted-header**: without a session, each request logs the user in. With a session, the first request logs
  the user in, and express-session with connect-redis then restores the user from Redis. No variant with passport looks
  up the user in a database.
- **better-auth**: with the Postgres database, and \`auth.api.getSession\` or \`auth.api.verifyApiKey\` in the handler. API
  keys have no rate limit. With its cookie cache, a revoked session is accepted until the cookie expires: by default,
  for five minutes. Here, the cookie lasts an hour, so that it does not expire during the run.
- **express-openid-connect**: the session is in an encrypted cookie. Its response has a new cookie each time.
- **jsonwebtoken**: each request verifies an HS256 token. A revoked token is still accepted.

## How to run it again

\`\`\`sh
npm run bench                                  # about ten minutes; installs the other packages into a temporary folder
npm run bench -- --without-peers --rounds 5    # only the variants that need no installation
npm run bench:micro                            # the cost of Latchkey in one process, to compare changes of the code
\`\`\`

\`npm run bench:micro\` uses no sockets, so its ratios differ by only a few percent between runs, even on a busy machine.
Run it before and after a change. \`npm run bench:micro -- --profile <folder>\` writes CPU profiles, \`--heap <millions>\`
sends millions of requests and measures the growth of the heap, and \`--people <count>\` measures the memory for each
cached user.
`;
}
