// Finds the programs that tests run.
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Additional folders. */
interface Places {
  /** Folders to search before those of PATH. */
  readonly before?: readonly string[];
}

/**
 * The path of a program: in PATH, or in the folders in which Debian keeps programs that are not for every user.
 * @throws if it is missing; the message says how to install it.
 */
export async function findProgram(name: string, { before = [] }: Places = {}): Promise<string> {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of [...before, ...path, '/usr/sbin', '/usr/libexec']) {
    try {
      await access(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder: try the next one.
    }
  }
  throw new Error(`${name} is missing; to install what the tests need, run: sh scripts/install-services.sh`);
}
