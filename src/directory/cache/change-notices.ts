// Tells other processes to read the journal now. Only an accelerator: without it a change is heard of with the next heartbeat.
import type { SharedState, Unsubscribe } from '../../vocabulary/ports.js';

/** The channel on which it rings. */
const channel = 'changes';

/** The bell of one process. */
export interface ChangeNotices {
  /** Rings for all who follow the journal of this database. The state itself tells of a failure. */
  notify(database: string): void;
  close: Unsubscribe;
}

/**
 * @param rung receives the database whose journal is to be read; `undefined`: messages arrive again, and any may be missed
 * @param messages hears that messages are missed, and that they arrive again
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
