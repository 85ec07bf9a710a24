// A directory in SQLite or MySQL, which consists of the methods that both databases share.
import type { Directory } from '../../vocabulary/ports.js';
import { sqlAdministeredUsers } from './administered-users.js';
import { sqlAudit } from './audit-verbs.js';
import { sqlDeviceChanges } from './device-changes.js';
import { sqlDeviceLists } from './device-lists.js';
import type { Dialect } from './dialect.js';
import { sqlInspection } from './inspection.js';
import { sqlJournal } from './journal-verbs.js';
import { sqlLinks } from './link-verbs.js';
import { sqlLogins } from './login-verbs.js';
import { sqlMapping } from './mapping-verbs.js';
import { sqlRenames } from './rename-verbs.js';
import type { SqlSession } from './statement.js';
import { sqlUserLists } from './user-lists.js';

/** Creates the directory for this dialect and this session. */
export function sqlVerbs(dialect: Dialect, session: SqlSession): Directory {
  return {
    ...sqlLogins(dialect, session),
    ...sqlUserLists(dialect, session),
    ...sqlAdministeredUsers(dialect, session),
    ...sqlLinks(dialect, session),
    ...sqlRenames(dialect, session),
    ...sqlMapping(dialect, session),
    ...sqlDeviceLists(dialect, session),
    ...sqlDeviceChanges(dialect, session),
    ...sqlAudit(session),
    ...sqlInspection(dialect, session),
    journal: sqlJournal(dialect, session),
  };
}
