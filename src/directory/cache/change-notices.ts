// Sends and receives change notices, which make processes read the journal immediately. Change notices are only an
// optimization: without them, a process learns of a change up to one heartbeat later.
import type { SharedState, Unsubscribe } from '../../vocabulary/ports.js';

/** The channel of the shared state that carries change notices. */
const channel = 'changes';

/** Sends the change notices of this process, and receives the change notices of other processes. */
export interface ChangeNotices {
  /**
   * Notifies all processes that follow the journal of this database. If a notice cannot be sent, the shared state
   * itself reports the failure to the host.
   */
  notify(database: string): void;
  close: Unsubscribe;
}

/** Receives the change notices of all processes. */
export interface ChangeNoticeListener {
  /**
   * Called when this process should read the journal of this database immediately. `undefined` means that notices for
   * any database might have been lost.
   */
  notified(database: string | undefined): void;
  /** Called when notices might be lost from now on. */
  lost(): void;
  /** Called when notices arrive again. */
  restored(): void;
}

/** Subscribes to the change notices. */
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
