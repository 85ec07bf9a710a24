// own-directory: an example of a directory over the host's existing users table. docs/own-directory.md explains it.
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
 * A directory over the host's table `accounts`, for MariaDB 10.6 or later.
 * @param pool created by `accountsPool`; the host ends it
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
