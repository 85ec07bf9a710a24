// What all SQL databases share about the journal's head: nonces, and the errors for a head that is wrong.
import { randomBytes } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/**
 * A nonce for one row. The database does not create it: a database that resumes from a snapshot of its memory could
 * create the same values again, but nonces must distinguish rows before the snapshot from rows after it.
 */
export function freshNonce(): string {
  return randomBytes(16).toString('base64url');
}

/** The error for a head without a row. */
export function headLost(): LatchkeyError {
  const detail = 'latchkey_journal_head is empty: insert the seq and nonce of the last row of latchkey_journal.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} Then call invalidateAll().` });
}

/** The error for a head that is older than the journal, as after the restore of one table. */
export function headMismatch(cause: unknown): LatchkeyError {
  const detail = 'latchkey_journal_head is missing, or does not match the last row of latchkey_journal:';
  const remedy =
    'restore both from one backup, or set its seq and nonce to those of that row and call invalidateAll().';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} ${remedy}`, cause });
}

/** The error for a generation without a row: without it, edits can be neither numbered nor locked. */
export function generationLost(): LatchkeyError {
  const detail = 'latchkey_mapping_generation is empty: insert a row with a generation that was never used before.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
}
