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

/** Receives the change notices of all processes. */
export interface ChangeNoticeListener {
  /** The journal of this database should be read now. `undefined`: of any, because notices may have been missed. */
  notified(database: string | undefined): void;
  /** From this call on, notices may be missed. */
  lost(): void;
  /** Notices arrive again. */
  restored(): void;
}

/** Subscribes to the notices. */
export function changeNotices(
  state: Pick<SharedState, 'publish' | 'subscribe'>,
  listener: ChangeNoticeListener,
): ChangeNotices {
  let heard = false;
  const close = state.subscribe(channel, {
    message: listener.notified,
    lost() {
      if (heard) listener.lost();
    },
    restored() {
      if (heard) listener.restored();
      heard = true;
      listener.notified(undefined);
    },
  });
  return {
    notify: (database) => void state.publish(channel, database).catch(() => {}),
    close,
  };
}
