// Links users to rows of the host's own table, in the Postgres directory.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext, HostLink } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { linkNote, requireStorableActor, requireVersion } from '../audit-diff.js';
import { isId, requireStorable } from '../storable-text.js';
import { writeAudit } from './audit-queries.js';
import { append } from './journal-queries.js';
import { isDuplicate, type Run, type Sql } from './pool.js';
import { userColumns, userOf } from './rows.js';

const columns = userColumns.join(', ');

/** Creates the method `linkHostUser`. */
export function sqlLinks({ transaction }: Sql): Required<Pick<Directory, 'linkHostUser'>> {
  return {
    async linkHostUser(userId, hostUserId, context) {
      requireStorable(hostUserId);
      requireStorableActor(context ?? {});
      if (!isId(userId)) {
        requireVersion(context ?? {}, undefined);
        return undefined;
      }
      try {
        return await transaction((run) => link(run, userId, hostUserId, context));
      } catch (error) {
        throw isDuplicate(error) ? new LatchkeyError('ERR_HOST_USER_TAKEN') : error;
      }
    },
  };
}

async function link(
  run: Run,
  userId: string,
  hostUserId: string | undefined,
  context: ChangeContext | undefined,
): Promise<HostLink | undefined> {
  const [found] = await run(`SELECT ${columns} FROM latchkey_users WHERE id = $1::uuid FOR NO KEY UPDATE`, [userId]);
  const present = found && userOf(found);
  requireVersion(context ?? {}, present?.version);
  if (present === undefined) {
    return undefined;
  }
  if ((hostUserId === undefined) === (present.hostUserId === undefined)) {
    return { changed: false, user: present };
  }
  const [written] = await run(
    `UPDATE latchkey_users SET host_user_id = $2::text, version = version + 1, updated_at = now()
    WHERE id = $1::uuid RETURNING ${columns}`,
    [userId, hostUserId ?? null],
  );
  if (context !== undefined) {
    await writeAudit(run, context, linkNote(present, hostUserId));
  }
  await append(run, [journalKeys.user(present.subject)]);
  return written && { changed: true, user: userOf(written) };
}
