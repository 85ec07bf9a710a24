// Starts processes that use a directory in SQLite or MariaDB, all at once.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerTask } from './store-worker.js';

const program = fileURLToPath(new URL('store-worker.js', import.meta.url));

/** What a process wrote: its outcomes, or the signal that ended it. */
export type WorkerResult = { readonly outcomes: readonly (string | null)[] } | { readonly signal: string };

/** Runs the task in that many processes. */
export function runWorkers(processes: number, task: Omit<WorkerTask, 'process'>): Promise<readonly WorkerResult[]> {
  return Promise.all(Array.from({ length: processes }, (_, process) => runWorker({ ...task, process })));
}

/** The outcomes of all processes, none of which has died. */
export async function outcomesOf(
  processes: number,
  task: Omit<WorkerTask, 'process'>,
): Promise<readonly (string | null)[]> {
  const results = await runWorkers(processes, task);
  return results.flatMap((result) => {
    if ('signal' in result) throw new Error(`A process ended: ${result.signal}`);
    return result.outcomes;
  });
}

function runWorker(task: WorkerTask): Promise<WorkerResult> {
  const env = { ...process.env, LATCHKEY_WORKER: JSON.stringify(task) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program], { env }, (error, stdout, stderr) => {
      if (error?.signal) resolve({ signal: error.signal });
      else if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve({ outcomes: JSON.parse(stdout) as readonly (string | null)[] });
    });
  });
}
