// stores: how redisState learns of changes: client-side caching, by a connection of its own to every primary.
import { isCluster, nodeKey, type RedisClient, type RedisCluster, reconnectDelay } from './redis-client.js';

/** What tracking needs to know. */
export interface TrackingOptions {
  /** Keys that begin so are tracked, and told without it. */
  readonly prefix: string;
  readonly heartbeatSeconds: number;
}

/** Connections that track keys. */
export interface Tracking {
  /**
   * Resolves when every primary has answered: all changes that it had carried out when it was asked have been told then.
   * Rejects where one is not tracked. A connection that gives no answer within a heartbeat is given up.
   */
  ask(): Promise<void>;
  close(): void;
}

/** What tracking tells. */
export interface TrackingListener {
  /** Every primary is tracked. Possibly said again. */
  up(): void;
  /** One is not. Possibly said again. */
  down(): void;
  /** `undefined`: any key may have changed. */
  changed(key: string | undefined): void;
}

const invalidations = '__redis__:invalidate';

// Connecting, logging in and setting up the tracking must be done within this time, or it begins anew.
const setUpMilliseconds = 2000;

/**
 * One tracking connection, for as long as it lasts: up once, down once. It speaks RESP2, where Redis redirects
 * invalidations to a subscription, because ioredis does not hand on the push messages of RESP3.
 */
function session(source: RedisClient, options: TrackingOptions, listener: TrackingListener): Tracking {
  let ended = false;

  const connection = source.duplicate({
    connectionName: 'latchkey-watch',
    protocol: 2,
    lazyConnect: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    commandTimeout: undefined,
    socketTimeout: undefined,
    connectTimeout: setUpMilliseconds,
    disconnectTimeout: 500,
    enableAutoPipelining: false,
    keyPrefix: '',
    readOnly: false,
  });

  function close(): void {
    ended = true;
    clearTimeout(deadline);
    connection.disconnect();
  }

  function fail(): void {
    if (!ended) {
      close();
      listener.down();
    }
  }

  async function ask(): Promise<void> {
    let answered = false;
    // After a long pause of this process the answer may be here already, unread: timers come before input.
    const late = setTimeout(() => setImmediate(() => answered || fail()), options.heartbeatSeconds * 1000);
    try {
      await connection.call('ping');
    } catch (error) {
      fail();
      throw error;
    } finally {
      answered = true;
      clearTimeout(late);
    }
  }

  async function setUp(): Promise<void> {
    const id = Number(await connection.call('client', 'id'));
    await connection.call('client', 'tracking', 'on', 'redirect', id, 'bcast', 'prefix', options.prefix);
    await connection.call('subscribe', invalidations);
    clearTimeout(deadline);
    if (!ended) {
      listener.up();
    }
  }

  const deadline = setTimeout(fail, setUpMilliseconds);
  connection.on('error', () => {});
  connection.on('close', fail);
  connection.on('end', fail);
  connection.on('ready', () => {
    setUp().catch(fail);
  });
  connection.on('messageBuffer', (_channel, keys) => {
    if (ended) {
      return;
    }
    if (!Array.isArray(keys)) {
      listener.changed(undefined);
      return;
    }
    for (const key of keys) {
      listener.changed(String(key).slice(options.prefix.length));
    }
  });

  return { ask, close };
}

/** Tracks one server, session after session. */
function tracker(source: RedisClient, options: TrackingOptions, listener: TrackingListener): Tracking {
  let attempts = 0;
  let retry: NodeJS.Timeout | undefined;
  let current: Tracking;

  function begin(): void {
    current = session(source, options, {
      ...listener,
      up() {
        attempts = 0;
        listener.up();
      },
      down() {
        attempts += 1;
        retry = setTimeout(begin, reconnectDelay(attempts));
        listener.down();
      },
    });
  }

  begin();
  return {
    ask: () => current.ask(),
    close() {
      clearTimeout(retry);
      current.close();
    },
  };
}

function clusterTracking(cluster: RedisCluster, options: TrackingOptions, listener: TrackingListener): Tracking {
  const primaries = new Map<string, { up: boolean; readonly tracker: Tracking }>();
  let known = false;
  let closed = false;

  function tell(): void {
    const complete = known && [...primaries.values()].every(({ up }) => up);
    complete ? listener.up() : listener.down();
  }

  function add(node: RedisClient): void {
    const key = nodeKey(node);
    if (primaries.has(key)) {
      return;
    }
    const set = (up: boolean): void => {
      const primary = primaries.get(key);
      if (primary !== undefined) {
        primary.up = up;
        tell();
      }
    };
    const { changed } = listener;
    const one = tracker(node, options, { up: () => set(true), down: () => set(false), changed });
    primaries.set(key, { up: false, tracker: one });
  }

  function follow(): void {
    if (!known || closed) {
      return;
    }
    for (const node of cluster.nodes('master')) {
      add(node);
    }
    tell();
  }

  function refresh(): void {
    if (closed) {
      return;
    }
    known = true;
    // Just after a refresh these are exactly the primaries. At other times one may be missing only because the
    // connection for commands broke; its keys must go on being tracked.
    const present = new Set(cluster.nodes('master').map(nodeKey));
    for (const [key, primary] of primaries) {
      if (!present.has(key)) {
        primaries.delete(key);
        primary.tracker.close();
      }
    }
    follow();
  }

  // Within the event, before the first answer from a new primary can be cached by anybody.
  cluster.on('+node', follow);
  cluster.on('refresh', refresh);
  if (cluster.status === 'connect' || cluster.status === 'ready') {
    // It has read the slots already.
    refresh();
  }

  return {
    async ask() {
      await Promise.all([...primaries.values()].map((primary) => primary.tracker.ask()));
    },
    close() {
      closed = true;
      for (const primary of primaries.values()) {
        primary.tracker.close();
      }
    },
  };
}

/**
 * Tracks every key with the prefix. Down: until every primary is tracked, and again as soon as one is not, which a broken
 * connection shows at once and a silent one when it is asked.
 */
export function tracking(
  client: RedisClient | RedisCluster,
  options: TrackingOptions,
  listener: TrackingListener,
): Tracking {
  return isCluster(client) ? clusterTracking(client, options, listener) : tracker(client, options, listener);
}
