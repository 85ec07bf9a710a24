// own-directory: an example of Latchkey over a users table that was there before it. docs/own-directory.md walks through it.
import type { Directory } from 'latchkey';
import type { Pool } from 'mysql2/promise';
import { audit } from './audit.js';
import { database } from './database.js';
import { deviceLife } from './device-life.js';
import { devices } from './devices.js';
import { journal } from './journal.js';
import { mappings } from './mappings.js';
import { userChanges } from './user-changes.js';
import { users } from './users.js';

/**
 * The host's `accounts` as a directory, over MariaDB 10.6 or later.
 * @param pool made by `accountsPool`; ending it is the host's
 */
export function accountsDirectory(pool: Pool): Directory {
  const maria = database(pool);
  return {
    ...users(maria),
    ...userChanges(maria),
    ...mappings(maria),
    ...devices(maria),
    ...deviceLife(maria),
    ...audit(maria),
    journal: journal(maria),
  };
}
