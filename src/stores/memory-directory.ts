// stores/ - the directory in memory: for tests, demonstrations and trying things out. All is gone with the process.
import type { Directory } from '../ports.js';
import type { Clock } from '../types.js';
import { memoryAudit } from './memory-audit.js';
import { memoryDevices } from './memory-devices.js';
import { memoryJournal } from './memory-journal.js';
import { type MemoryMapping, memoryMapping } from './memory-mapping.js';
import { memoryUsers } from './memory-users.js';

/**
 * A directory that lives in this process only.
 * @param options.now the clock for `createdAt`, `updatedAt`, the audit trail and the journal, in milliseconds; default `Date.now`
 */
export function memoryDirectory(options: { readonly now?: Clock } = {}): Directory {
  const now = options.now ?? Date.now;
  const { verbs: trail, write } = memoryAudit(now);
  const journal = memoryJournal(now);
  const users = memoryUsers({
    now,
    write,
    journal,
    mappings: () => mapping.all(),
    removed: (user) => devices.deleteOf(user.id),
  });
  const mapping: MemoryMapping = memoryMapping({ now, write, journal, requireHolders: users.requireHolders });
  const devices = memoryDevices({ owner: users.findById, write, journal });
  return { ...users.verbs, ...mapping.verbs, ...devices.verbs, ...trail, journal: journal.verbs };
}
