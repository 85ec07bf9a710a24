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
  /** Forwards everything this many milliseconds later, until `heal`. */
  slow(milliseconds: number): void;
  /** Breaks every connection with a reset (RST). New connections work. */
  reset(): void;
  /** Forwards nothing more on the connections that are open now, and never closes them. New connections work. */
  abandon(): void;
  /** Works again, and forwards what was held back. Connections that were abandoned stay so. */
  heal(): void;
  /** The number of open connections. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** A client's connection and the connection to the server that belongs to it. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  abandoned: boolean;
}

/** Runs each piece of work after its delay, and never before an earlier one, even if the delay becomes shorter. */
function inOrder(): (delay: number, work: () => unknown) => void {
  const queue: { readonly due: number; readonly work: () => unknown }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function pump(): void {
    timer = undefined;
    for (let [next] = queue; next !== undefined; [next] = queue) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        timer = setTimeout(pump, Math.ceil(wait));
        return;
      }
      queue.shift();
      next.work();
    }
  }

  return (delay, work) => {
    queue.push({ due: performance.now() + delay, work });
    if (timer === undefined) pump();
  };
}

/** Starts a proxy in front of `target`. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const host = '127.0.0.1';
  const pairs = new Set<Pair>();
  let mode: 'open' | 'cut' | 'stalled' | 'muted' = 'open';
  let delay = 0;

  // A paused socket reads nothing, not even that the other side has ended. So the connection is half-open.
  function apply(pair: Pair): void {
    if (mode === 'cut') {
      pair.client.destroy();
      pair.server.destroy();
      return;
    }
    if (pair.abandoned) {
      pair.client.pause();
      pair.server.pause();
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
    const pair: Pair = { client, server, abandoned: false };
    pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const forward = inOrder();
      from.on('data', (chunk) => forward(delay, () => to.write(chunk)));
      from.on('end', () => forward(delay, () => to.end()));
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
    slow(milliseconds) {
      delay = milliseconds;
    },
    reset() {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    abandon() {
      for (const pair of pairs) {
        pair.abandoned = true;
        apply(pair);
      }
    },
    heal() {
      delay = 0;
      enter('open');
    },
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
