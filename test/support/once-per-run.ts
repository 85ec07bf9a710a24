// Makes templates that take seconds to make, once for all files of a run, also if the files run in parallel.
import { mkdtempSync, rmSync } from 'node:fs';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './processes.js';

const variable = 'LATCHKEY_TEST_TEMPLATES';

/** The run's folder. The first process makes and removes it. The processes that it starts inherit its path. */
function folder(): string {
  const known = process.env[variable];
  if (known !== undefined) return known;
  const made = mkdtempSync(join(tmpdir(), 'latchkey-templates-'));
  process.env[variable] = made;
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Makes the folder. The first process of a run calls this before it starts others. */
export function startOncePerRun(): void {
  folder();
}

/**
 * The path of a template that `make` makes, in this process or in another one of the run. `make` gets a path where
 * nothing exists yet.
 */
export async function oncePerRun(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(folder(), name);
  const exists = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  if (await exists()) return path;
  const workshop = `${path}-workshop`;
  const first = await mkdir(workshop).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (!first) {
    await until(`another process has made the template ${name}`, exists, 100);
    return path;
  }
  try {
    // Servers run as other users, and read the template.
    await chmod(folder(), 0o755);
    await chmod(workshop, 0o755);
    await make(join(workshop, name));
    await rename(join(workshop, name), path);
    return path;
  } catch (error) {
    await rm(workshop, { recursive: true, force: true });
    throw error;
  }
}
