// What takes seconds to make, and is the same for all files of a run: made once, also where they run side by side.
import { mkdtempSync, rmSync } from 'node:fs';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './processes.js';

const variable = 'LATCHKEY_TEST_TEMPLATES';

/** The run's folder. The first process of the run makes and removes it; those that it starts are handed its path. */
function folder(): string {
  const known = process.env[variable];
  if (known !== undefined) return known;
  const made = mkdtempSync(join(tmpdir(), 'latchkey-templates-'));
  process.env[variable] = made;
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Has the folder made: for the first process of a run, before it starts others. */
export function startOnceARun(): void {
  folder();
}

/**
 * The path of what `make` made, in this process or in another one of the run. It is given the path to make it at: nothing
 * is there yet.
 */
export async function onceARun(name: string, make: (path: string) => Promise<void>): Promise<string> {
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
    // Servers run as users of their own, and read it.
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
