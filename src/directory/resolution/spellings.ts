// With `subjectCase: 'lower'`: sees to it that at most one user has a name, whatever its case.
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';

/** How often it looks again, while another process renames the user, too. */
const attempts = 10;

/**
 * The one user of a name, among rows that differ in case only.
 * @param rows what `Directory.findSpellings` returned
 * @returns the row that has to be renamed before the login goes on; `undefined`: none has to
 * @throws {LatchkeyError} `ERR_SUBJECT_CASE` when it is not clear which user logs in. A local account is never renamed by
 *   a login through the proxy.
 */
export function otherSpelling(rows: readonly UserRow[], subject: string): UserRow | undefined {
  const other = rows.find((row) => row.subject !== subject);
  if (other !== undefined && (rows.length > 1 || other.authMethod === 'local'))
    throw new LatchkeyError('ERR_SUBJECT_CASE');
  return other;
}

/**
 * Creates the function that runs before each login that is not answered from a cache. A user who has the name in another
 * case, from before the option was set, is renamed. Returns the journal keys of what it changed.
 */
export function spellings(options: {
  readonly directory: Pick<Directory, 'findSpellings' | 'renameUser'>;
  readonly onEvent: OnEvent;
}): (subject: string) => Promise<readonly string[]> {
  const { directory, onEvent } = options;

  /** `undefined`: another process was faster. */
  async function rename(from: string, to: string): Promise<UserRow | undefined> {
    try {
      return await directory.renameUser?.(from, to);
    } catch (error) {
      if (error instanceof LatchkeyError && error.code === 'ERR_SUBJECT_TAKEN') return undefined;
      throw error;
    }
  }

  async function toBeRenamed(subject: string): Promise<UserRow | undefined> {
    try {
      return otherSpelling((await directory.findSpellings?.(subject)) ?? [], subject);
    } catch (error) {
      if (error instanceof LatchkeyError && error.code === 'ERR_SUBJECT_CASE') {
        onEvent({ type: 'login.refused', userId: undefined, subject, code: error.code });
      }
      throw error;
    }
  }

  return async (subject) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const other = await toBeRenamed(subject);
      if (other === undefined) return [];
      const renamed = await rename(other.subject, subject);
      if (renamed === undefined) continue;
      onEvent({ type: 'user.renamed', userId: renamed.id, subject, from: other.subject });
      return [journalKeys.user(other.subject), journalKeys.user(subject)];
    }
    throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
  };
}
