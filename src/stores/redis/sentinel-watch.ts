// Asks the Sentinels which primary they name, so that nobody stays with one that was replaced.
import type { RedisClient } from './client-shapes.js';

/** Milliseconds between two questions to each Sentinel: a replaced primary that goes on is left this soon. */
const askMilliseconds = 1000;

/** Milliseconds before the n-th attempt to reach a Sentinel that is lost: the others are enough meanwhile. */
const sentinelDelay = (attempt: number): number => Math.min(attempt * 1000, 60_000);

interface SentinelOptions {
  readonly sentinels: readonly { readonly host?: string; readonly port?: number; readonly family?: number }[];
  readonly name?: string;
  readonly sentinelUsername?: string | null;
  readonly sentinelPassword?: string | null;
  readonly sentinelTLS?: object;
}

/**
 * Calls `moved` when the Sentinels have come to name another primary, and once they are of one mind again after they were
 * not: whoever connected in between may have asked the one that had not heard of it yet. A Sentinel that does not answer
 * is left out. The returned function ends it.
 */
export function watchSentinels(client: RedisClient, moved: () => void): () => void {
  const { sentinels, name, sentinelUsername, sentinelPassword, sentinelTLS } = client.options as SentinelOptions;
  const connections = sentinels.map(({ host, port = 26_379, family }) => {
    const connection = client.duplicate({
      ...{ host, port, family, sentinels: null, tls: sentinelTLS },
      ...{ username: sentinelUsername, password: sentinelPassword, db: 0 },
      ...{ connectionName: null, disableClientInfo: true, enableReadyCheck: false },
      // A question asked early waits for the connection, no longer than for any answer.
      ...{ enableOfflineQueue: true, retryStrategy: sentinelDelay },
    });
    // That one is lost changes nothing; of all of them the connection for commands tells, which asks them, too.
    connection.on('error', () => {});
    return connection;
  });

  /** `undefined`: they were not of one mind. */
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
  // At once: a change between the first connection and the first answers would stay unseen.
  void ask();

  return () => {
    ended = true;
    clearTimeout(timer);
    for (const connection of connections) connection.disconnect();
  };
}
