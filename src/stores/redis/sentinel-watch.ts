// Polls the Sentinels for the current primary, so that the client leaves a primary that was replaced.
import type { RedisClient } from './client-shapes.js';

/** Milliseconds between two polls of each Sentinel. The client leaves a replaced primary within about this time. */
const askMilliseconds = 1000;

/**
 * Returns the number of milliseconds before the n-th attempt to reach a lost Sentinel. Meanwhile, the other Sentinels
 * are sufficient.
 */
const sentinelDelay = (attempt: number): number => Math.min(attempt * 1000, 60_000);

interface SentinelOptions {
  readonly sentinels: readonly { readonly host?: string; readonly port?: number; readonly family?: number }[];
  readonly name?: string;
  readonly sentinelUsername?: string | null;
  readonly sentinelPassword?: string | null;
  readonly sentinelTLS?: object;
}

/**
 * Calls `moved` when the Sentinels agree on another primary. Also calls `moved` when the Sentinels agree again after a
 * disagreement. A client that connected in the meantime might have queried a Sentinel with outdated information. A
 * Sentinel that does not answer is ignored. The returned function stops the polling.
 */
export function watchSentinels(client: RedisClient, moved: () => void): () => void {
  const { sentinels, name, sentinelUsername, sentinelPassword, sentinelTLS } = client.options as SentinelOptions;
  const connections = sentinels.map(({ host, port = 26_379, family }) => {
    const connection = client.duplicate({
      ...{ host, port, family, sentinels: null, tls: sentinelTLS },
      ...{ username: sentinelUsername, password: sentinelPassword, db: 0 },
      ...{ connectionName: null, disableClientInfo: true, enableReadyCheck: false },
      // A command that is sent before the connection is ready waits for the connection, but not longer than the command
      // timeout.
      ...{ enableOfflineQueue: true, retryStrategy: sentinelDelay },
    });
    // The loss of one Sentinel does not matter. If all Sentinels are lost, the command connection reports the failure,
    // because it queries the same Sentinels.
    connection.on('error', () => {});
    return connection;
  });

  /** The address of the primary according to the last poll, or `undefined` if the Sentinels did not agree. */
  let named: string | undefined | 'not asked yet' = 'not asked yet';
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  async function ask(): Promise<void> {
    const asked = connections.map((connection) => connection.call('sentinel', 'get-master-addr-by-name', name ?? ''));
    const answers = (await Promise.allSettled(asked)).flatMap((each) =>
      each.status === 'fulfilled' && Array.isArray(each.value) ? [each.value.join(':')] : [],
    );
    if (ended) return;
    const [address, ...others] = new Set(answers);
    if (address !== undefined) {
      const agreed = others.length === 0 ? address : undefined;
      if (agreed !== undefined && agreed !== named && named !== 'not asked yet') moved();
      named = agreed;
    }
    timer = setTimeout(ask, askMilliseconds);
  }
  // The first poll starts at once, because Latchkey cannot detect a new primary until it knows the current one.
  void ask();

  return () => {
    ended = true;
    clearTimeout(timer);
    for (const connection of connections) connection.disconnect();
  };
}
