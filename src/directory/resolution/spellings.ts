// Renames users whose stored subject differs only in case from the subject of a login (option `subjectCase: 'lower'`).
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';

/**
 * How many times a login tries to rename a user. An attempt fails if another process renames the same user at the same
 * time.
 */
const attempts = 10;

/**
 * Selects the user whom a login must rename, from the users whose subjects differ only in case.
 * @param rows what `Directory.findSpellings` returned
 * @returns the row to rename before the login continues, or `undefined` if no row has to be renamed
 * @throws {LatchkeyError} `ERR_SUBJECT_CASE` when it is not clear which user logs in. A login through the proxy never
 *   renames a local account.
 */
export function otherSpelling(rows: readonly UserRow[], subject: string): UserRow | undefined {
  const other = rows.find((row) => row.subject !== subject);
  if (other !== undefined && (rows.length > 1 || other.authMethod === 'local'))
    throw new LatchkeyError('ERR_SUBJECT_CASE');
  return other;
}

/**
 * Creates a function that is called before each login that the caches cannot answer. The function renames the user if
 * the subject was stored in a different case before the option `subjectCase` was set. It returns the journal keys of
 * the changed rows.
 */
export function spellings(options: {
  readonly directory: Pick<Directory, 'findSpellings' | 'renameUser'>;
  readonly onEvent: OnEvent;
}): (subject: string) => Promise<readonly string[]> {
  const { directory, onEvent } = options;

  /** Returns `undefined` if another process has already renamed the user. */
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
