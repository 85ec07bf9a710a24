// The in-memory directory, for tests, demonstrations and experiments. All data is lost when the process ends.
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock } from '../../vocabulary/types.js';
import { memoryAudit } from './audit-entries.js';
import { memoryDevices } from './device-table.js';
import { memoryJournal } from './journal-list.js';
import { memoryLinks } from './link-table.js';
import { type MemoryMapping, memoryMapping } from './mapping-table.js';
import { memoryRenames } from './renamed-users.js';
import { memoryUserRows } from './user-rows.js';
import { memoryUsers } from './user-table.js';

/**
 * Creates a directory in the memory of this process.
 * @param options.now The clock for `createdAt`, `updatedAt`, the audit trail and the journal, in milliseconds since the
 * epoch. Default: `Date.now`.
 *
 * @example
 * import { latchkey, memoryDirectory, memoryState } from 'latchkey';
 * const directory = memoryDirectory();
 * const auth = latchkey({ trustedProxies: ['loopback'], headers: 'authelia', directory, state: memoryState() });
 */
export function memoryDirectory(options: { readonly now?: Clock | undefined } = {}): Directory {
  const now = options.now ?? Date.now;
  const { verbs: trail, write } = memoryAudit(now);
  const journal = memoryJournal(now);
  const mappings = () => mapping.all();
  const users = memoryUserRows(now, mappings);
  const mapping: MemoryMapping = memoryMapping({ now, write, journal, requireHolders: users.requireHolders });
  const devices = memoryDevices({ owner: users.findById, write, journal });
  const userVerbs = memoryUsers({ users, mappings, write, journal, removed: (user) => devices.deleteOf(user.id) });
  const links = memoryLinks({ users, write, journal });
  const renames = memoryRenames({ users, mappings, write, journal, moveDevices: devices.move });
  return { ...userVerbs, ...links, ...renames, ...mapping.verbs, ...devices.verbs, ...trail, journal: journal.verbs };
}
