// Functions for the journal's head row that all SQL directories share: nonces, and errors for a missing or wrong row.
import { randomBytes } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/**
 * Returns a nonce for one journal row. Latchkey creates the nonces itself, because a database server that resumes from
 * a memory snapshot could repeat earlier values. A row that was written after such a resume must not have the nonce of
 * an earlier row.
 */
export function freshNonce(): string {
  return randomBytes(16).toString('base64url');
}

/** Returns the error for a missing row in `latchkey_journal_head`. */
export function headLost(): LatchkeyError {
  const detail = 'latchkey_journal_head is empty: insert the seq and nonce of the last row of latchkey_journal.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} Then call invalidateAll().` });
}

/**
 * Returns the error for a head row that is older than the journal, for example after only one of the two tables was
 * restored.
 */
export function headMismatch(cause: unknown): LatchkeyError {
  const detail = 'latchkey_journal_head is missing, or does not match the last row of latchkey_journal:';
  const remedy =
    'restore both from one backup, or set its seq and nonce to those of that row and call invalidateAll().';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} ${remedy}`, cause });
}

/**
 * Returns the error for a missing row in `latchkey_mapping_generation`. Every edit of a mapping locks this row and
 * takes a number from it.
 */
export function generationLost(): LatchkeyError {
  const detail = 'latchkey_mapping_generation is empty: insert a row with a generation that was never used before.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
}
