// Writes the results of a whole run into docs/reliability.md, between two markers.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Row } from './fault.js';
import type { Latency } from './latency.js';
import { failuresOf, tableOf } from './report.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = join(root, 'docs', 'reliability.md');
const markers = { begin: '<!-- results: begin -->', end: '<!-- results: end -->' };

/** The machine and the code, before the run. */
export interface Machine {
  readonly processor: string;
  /** SHA-256 digests of 1 KiB that one core computes per second, to compare machines. */
  readonly digestsPerSecond: number;
  /** The load average of the last minute. */
  readonly load: number;
  /** The commit of the working tree. */
  readonly commit: string;
}

/** Describes the code and the machine, and measures the speed of the machine. */
export function thisMachine(): Machine {
  const input = Buffer.alloc(1024);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < 1000; count += 1) createHash('sha256').update(input).digest();
  return {
    processor: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    digestsPerSecond: Math.round((count * 1000) / (performance.now() - began)),
    load: loadavg()[0] ?? 0,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
  };
}

/** The results of a run, in Markdown. */
export function resultsOf(rows: readonly Row[], latency: readonly Latency[], machine: Machine): string {
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const counts = [
    `${sum(({ wrong }) => wrong.length)} wrong`,
    `${sum(({ lost }) => lost.length)} lost`,
    `${sum(({ doubled }) => doubled.length)} doubled`,
  ];
  return [
    `${rows.length} faults, ${sum(({ answers }) => answers).toLocaleString('en-US')} answers: ${counts.join(', ')}.`,
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)} at commit ${machine.commit}, with Node ${process.version}, on`,
    `${machine.processor} (${machine.digestsPerSecond.toLocaleString('en-US')} SHA-256 digests of 1 KiB per second and`,
    `core; load average before the run: ${machine.load.toFixed(1)}).`,
    '',
    tableOf(rows),
    '',
    latencyTableOf(latency),
  ].join('\n');
}

function latencyTableOf(latency: readonly Latency[]): string {
  const head = [
    ...['servers', 'changes', 'call p50', 'call p99', 'elsewhere p50', 'elsewhere p99'],
    ...['`SELECT 1` p50', '`SELECT 1` p99', 'event loop: busy', 'event loop: delay p99', 'requests per second'],
  ];
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const lines = latency.map(({ load, changes, call, elsewhere, statement, loop, perSecond }) => [
    ...[load, String(changes), ms(call.p50), ms(call.p99), ms(elsewhere.p50), ms(elsewhere.p99)],
    ...[ms(statement.p50), ms(statement.p99)],
    ...[`${(loop.utilization * 100).toFixed(0)} %`, ms(loop.delayP99), perSecond.toFixed(0)],
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Replaces the results in docs/reliability.md. */
export function writePage(results: string): void {
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(markers.begin);
  const after = rest?.split(markers.end)[1];
  if (after === undefined) throw new Error('docs/reliability.md has the two markers');
  writeFileSync(page, `${before}${markers.begin}\n\n${results}\n\n${markers.end}${after}`);
}

/** Why the run fails, or an empty list. */
export function allFailuresOf(rows: readonly Row[], latency: readonly Latency[]): readonly string[] {
  return [
    ...failuresOf(rows),
    ...latency.flatMap((measured) => {
      const { load, call, elsewhere } = measured;
      const bound = boundOf(measured);
      return [call, elsewhere]
        .filter(({ p99 }) => p99 >= bound)
        .map(
          ({ p99 }) => `${load}: a change takes ${p99.toFixed(0)} ms (p99), and not less than ${bound.toFixed(0)} ms`,
        );
    }),
  ];
}

/**
 * The bound of the 99th percentiles, in milliseconds. docs/reliability.md gives the reasons. On a machine that is too
 * slow or too busy for the fixed bound, it is a multiple of the time that a bare statement takes there.
 */
export function boundOf({ load, statement }: Pick<Latency, 'load' | 'statement'>): number {
  return Math.max(fixedBoundMilliseconds[load], statement.p99 * statementsInTurn);
}

const fixedBoundMilliseconds = { idle: 50, busy: 1000 } as const;

/** How many times a change waits for the database, at most: see docs/reliability.md. */
const statementsInTurn = 8;
