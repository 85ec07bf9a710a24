// Decides on which cores the processes of the benchmark run.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The cores of the processes. */
export interface Cores {
  /** The core of the server that is measured. `undefined` means that the processes are not pinned. */
  readonly server: number | undefined;
  readonly load: number | undefined;
  /** A description for the report. */
  readonly description: string;
}

/** Returns the numbers in a list of cores, such as `0-3,8`. */
export function coreNumbers(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Decides how to use the cores that this process may use. */
export function coresFrom(allowed: readonly number[]): Cores & { readonly others: readonly number[] } {
  const [server, load, ...rest] = allowed;
  if (server === undefined || load === undefined) {
    const description = 'Server, load generator, Redis and Postgres share one core, so the ratios are less exact.';
    return { server: undefined, load: undefined, others: [], description };
  }
  const others = rest.length > 0 ? rest : [load];
  const where = rest.length > 0 ? `cores ${rest.join(', ')}` : 'the core of the load generator';
  const description = `The server runs on core ${server} and the load generator on core ${load}. Redis and Postgres run on ${where}.`;
  return { server, load, others, description };
}

/** Moves this process, and so all programs that it starts from now on, away from the core of the servers. */
export async function pinned(): Promise<Cores> {
  let list: string;
  try {
    const { stdout } = await run('taskset', ['--cpu-list', '--pid', String(process.pid)]);
    list = stdout.trim().split(' ').at(-1) ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const description = 'The program `taskset` is missing, so the processes are not pinned to cores.';
    return { server: undefined, load: undefined, description };
  }
  const cores = coresFrom(coreNumbers(list));
  if (cores.server !== undefined) {
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.others.join(','), String(process.pid)]);
  }
  return cores;
}
