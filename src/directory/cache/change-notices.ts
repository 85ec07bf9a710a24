// Tells other processes to read the journal now. Only an accelerator: without it a change is heard of with the next heartbeat.
import type { SharedState, Unsubscribe } from '../../vocabulary/ports.js';

/** The channel on which it rings. */
const bellChannel = 'bell';

/** The bell of one process. */
export interface Bell {
  /** Rings for all who follow the journal of this database. The state itself tells of a failure. */
  ring(database: string): void;
  close: Unsubscribe;
}

/**
 * @param rung receives the database whose journal is to be read; `undefined`: messages arrive again, and any may be missed
 * @param messages hears that messages are missed, and that they arrive again
 */
export function bell(
  state: Pick<SharedState, 'publish' | 'subscribe'>,
  rung: (database: string | undefined) => void,
  messages: { lost(): void; restored(): void },
): Bell {
  let heard = false;
  const close = state.subscribe(bellChannel, {
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
    ring: (database) => void state.publish(bellChannel, database).catch(() => {}),
    close,
  };
}
