// A pairing as Server-Sent Events (WHATWG HTML §9.2).
import type { Request, Response } from 'express';
import { isUnderWay } from '../../pairing/pairing.js';
import type { Pairings } from '../../pairing/pairings.js';
import type { PairingView } from '../../pairing/view.js';
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { Unsubscribe } from '../../vocabulary/ports.js';
import type { PairingStatus, Principal } from '../../vocabulary/types.js';
import { headersSent } from '../headers-sent.js';
import type { HttpServices } from '../services.js';

/** As many as a browser opens over HTTP/1.1 to one site. */
const streamsPerUser = 6;
const retryMilliseconds = 2000;

/** The open streams of this process. */
export interface EventStreams {
  /** Streams until the pairing has ended. Rejects, before anything was sent, with what speaks against it. */
  open(req: Request, res: Response, principal: Principal, id: string): Promise<void>;
}

/** Event streams over the pairings' watch. */
export function eventStreams(
  { heartbeatSeconds = 15, watchPrincipal }: Pick<HttpServices, 'heartbeatSeconds' | 'watchPrincipal'>,
  pairings: Pick<Pairings, 'watch'>,
  shown: (view: PairingView) => unknown,
): EventStreams {
  const counts = new Map<string, number>();

  async function open(res: Response, principal: Principal, id: string): Promise<void> {
    // Who has gone already is not heard going again: what is opened now would never be closed.
    if (res.destroyed) return;
    const { userId } = principal;
    const count = counts.get(userId) ?? 0;
    if (count >= streamsPerUser) throw new LatchkeyError('ERR_STREAM_LIMIT', { retryAfterSeconds: 5 });
    counts.set(userId, count + 1);

    let closed = false;
    let unwatch: Unsubscribe | undefined;
    let refusal: ErrorCode | undefined;
    const timer = setInterval(beat, heartbeatSeconds * 1000).unref();
    const unguard = watchPrincipal(principal, (code) => {
      refusal = code;
      close();
    });

    function close(): void {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      unguard();
      const left = (counts.get(userId) ?? 1) - 1;
      if (left === 0) counts.delete(userId);
      else counts.set(userId, left);
      unwatch?.().catch(() => {});
      // Before the first byte the caller still answers by itself.
      if (headersSent(res) && !res.writableEnded) res.end();
    }

    function show(view: PairingView | undefined): void {
      if (res.writableEnded) close();
      if (closed) return;
      try {
        begin(res);
        // Lost: the browser comes back by itself, and perhaps the state is back by then.
        if (view !== undefined) {
          res.write(`id: ${view.status}\nevent: status\ndata: ${JSON.stringify(shown(view))}\n\n`);
        }
      } catch (error) {
        close();
        if (headersSent(res)) res.destroy();
        throw error;
      }
      if (view === undefined || !isUnderWay(view.status)) close();
    }

    /** A sign of life: proxies cut silent streams. */
    function beat(): void {
      if (res.writableEnded) close();
      else if (!closed && headersSent(res)) res.write(':\n\n');
    }

    res.on('close', close);
    // Other middleware may have ended this answer, such as one that limits the time. Without a listener, an error of a
    // stream ends the process.
    res.on('error', close);
    try {
      const stop = await pairings.watch(userId, id, show);
      if (closed) await stop();
      else unwatch = stop;
      if (closed && !headersSent(res)) throw new LatchkeyError(refusal ?? 'ERR_STATE_UNAVAILABLE');
    } catch (error) {
      if (!headersSent(res)) throw error;
    }
  }

  return {
    async open(req, res, principal, id) {
      // EventSource comes back after every end; 204 is how it is told to stay away (§9.2.3).
      const seen = req.get('Last-Event-ID');
      if (seen !== undefined && hasEnded(seen)) res.status(204).end();
      else if (req.method === 'HEAD') res.type('text/event-stream').end();
      else await open(res, principal, id);
    },
  };
}

const endings: readonly string[] = ['redeemed', 'denied', 'expired', 'burned', 'cancelled'] satisfies PairingStatus[];

function hasEnded(status: string): boolean {
  return endings.includes(status);
}

function begin(res: Response): void {
  if (headersSent(res)) return;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    // Compressing middleware would hold events back, and so would nginx.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  res.write(`retry: ${retryMilliseconds}\n\n`);
}
