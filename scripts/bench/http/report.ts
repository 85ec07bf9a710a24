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

The load average shows how busy the machine was. The run itself accounts for about 2. Above that, other processes took
part of both cores: the machine is then slow, and two runs differ. So compare ratios, not requests per second.

## Results

${resultsTable(measurements)}

- **ratio**: the throughput as a share of the throughput of an Express app that gets the same bytes, mounts the same
  routers as the app with Latchkey and sends the same response, but has middleware that does nothing. Both are measured
  one after the other in each round. The ratio is the median of the rounds, and the quartiles show the spread.
- **CPU ratio**: the same, from the CPU times instead of the throughputs. If other processes keep the machine busy, this
  ratio is the more exact one.
- **CPU µs**: the CPU time of the server process per request, including system calls, timers and garbage collection.
- **added µs**: the CPU time per request beyond that of the app with the no-op middleware.
- **busy**: the CPU time of the server process as a share of the elapsed time. If it is far below 100 %, the server waited
  for Redis, for Postgres, or for a core that other processes used.
- **Redis** and **SQL**: commands and statements per request. Fractions come from timers, such as the one that reads the
  journal.

## Targets

${targetsTable(measurements)}

## What is measured

Each variant is an Express server in a process of its own, with its own database and its own Redis. A second process
keeps 32 connections busy and sends the requests of 20 people in turns. All people have sent requests before, so caches
are warm and sessions exist. In each round, every variant gets load for one slice, and a no-op app then gets the same
requests for one slice. Each variant has a no-op app of its own, so that both have got equally many requests.

Every variant authenticates each request, requires a login and sends the same JSON. The handler of Latchkey also reads
\`req.principal\`, with the user's current roles. The other packages are set up as their documentation describes:

- **passport-trusted-header**: without a session, each request logs in. With a session, one request logs in, and
  express-session with connect-redis then restores the user from Redis. No variant with passport looks up the user in a
  database.
- **better-auth**: with the Postgres database, and \`auth.api.getSession\` or \`auth.api.verifyApiKey\` in the handler. API
  keys have no rate limit. With its cookie cache, a revoked session is accepted until the cookie expires. By
  default, that takes five minutes; here it takes an hour, so that no cookie expires during the run.
- **express-openid-connect**: the session is in an encrypted cookie. Its response has a new cookie each time.
- **jsonwebtoken**: verifies an HS256 token. It does not notice that a token was revoked.

## How to run it again

\`\`\`sh
npm run bench                                  # about ten minutes; installs the other packages into a temporary folder
npm run bench -- --without-peers --rounds 5    # only the variants that need no installation
npm run bench:micro                            # the cost of Latchkey in one process, for comparing changes
\`\`\`

\`npm run bench:micro\` uses no sockets, and its ratios repeat to a few percent even on a busy machine. Run it before and
after a change. \`npm run bench:micro -- --profile <folder>\` writes CPU profiles, \`--heap <millions>\` sends millions of
requests and measures the growth of the heap, and \`--people <count>\` measures the memory for each cached user.
`;
}
