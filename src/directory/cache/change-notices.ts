// Notifies other processes to read the journal now. This is only an optimization: without it, they learn of a change up
// to one heartbeat later.
import type { SharedState, Unsubscribe } from '../../vocabulary/ports.js';

/** The channel of the notices. */
const channel = 'changes';

/** Sends the change notices of one process, and receives those of others. */
export interface ChangeNotices {
  /** Notifies all processes that follow the journal of this database. The shared state itself reports a failure. */
  notify(database: string): void;
  close: Unsubscribe;
}

/**
 * @param rung called with the id of the database whose journal should be read now, or with `undefined` when messages
 *   arrive again, because earlier ones may have been missed
 * @param messages called when messages may be missed, and when they arrive again
 */
export function changeNotices(
  state: Pick<SharedState, 'publish' | 'subscribe'>,
  rung: (database: string | undefined) => void,
  messages: { lost(): void; restored(): void },
): ChangeNotices {
  let heard = false;
  const close = state.subscribe(channel, {
    message: rung,
    lost() {
      if (heard) messages.lost();
    },
    restored() {
      if (heard) messages.restored();
      heard = true;
      rung(undefined);
    },
  });
  return {
    notify: (database) => void state.publish(channel, database).catch(() => {}),
    close,
  };
}
