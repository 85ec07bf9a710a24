// A TCP proxy that can fail as a network does.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A proxy between clients and a server on loopback. */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Breaks every connection and refuses new ones, until `heal`. */
  cut(): void;
  /** Keeps every connection open, but forwards nothing in either direction (half-open), until `heal`. */
  stall(): void;
  /** Forwards what clients send, but holds back the server's answers, until `heal`. */
  muteAnswers(): void;
  /** Works again, and forwards what was held back. */
  heal(): void;
  /** The number of open connections. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Starts a proxy in front of `target`. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const host = '127.0.0.1';
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let mode: 'open' | 'cut' | 'stalled' | 'muted' = 'open';

  // A paused socket reads nothing, not even that the other side has ended. So the connection is half-open.
  function apply(pair: { readonly client: Socket; readonly server: Socket }): void {
    if (mode === 'cut') {
      pair.client.destroy();
      pair.server.destroy();
      return;
    }
    mode === 'stalled' ? pair.client.pause() : pair.client.resume();
    mode === 'stalled' || mode === 'muted' ? pair.server.pause() : pair.server.resume();
  }

  function enter(next: typeof mode): void {
    mode = next;
    for (const pair of pairs) {
      apply(pair);
    }
  }

  const listener = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (client) => {
    if (mode === 'cut') {
      client.destroy();
      return;
    }
    const server = connect({ ...target, allowHalfOpen: true });
    const pair = { client, server };
    pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    apply(pair);
  }).listen(0, host);
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') {
    throw new Error('A TCP server has an address with a port');
  }

  return {
    host,
    port: address.port,
    cut: () => enter('cut'),
    stall: () => enter('stalled'),
    muteAnswers: () => enter('muted'),
    heal: () => enter('open'),
    get connections() {
      return pairs.size;
    },
    async stop() {
      enter('cut');
      listener.close();
      await once(listener, 'close');
    },
  };
}
