// Streams the state of a pairing as server-sent events (WHATWG HTML §9.2).
import type { Request, Response } from 'express';
import { isUnderWay } from '../../pairing/pairing.js';
import type { Pairings } from '../../pairing/pairings.js';
import type { PairingView } from '../../pairing/view.js';
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { Unsubscribe } from '../../vocabulary/ports.js';
import type { Principal } from '../../vocabulary/types.js';
import type { WirePairing } from '../../vocabulary/wire/pairing-json.js';
import { endedStatuses, isOneOf } from '../../vocabulary/words.js';
import { headersSent } from '../headers-sent.js';
import type { HttpServices } from '../services.js';

/** The maximum number of streams per user. Over HTTP/1.1, browsers open at most six connections to one site. */
const streamsPerUser = 6;
const retryMilliseconds = 2000;

/** The open event streams of this process. */
export interface EventStreams {
  /**
   * Streams until the pairing has ended. If the request is refused before anything has been sent, rejects with the
   * error.
   */
  open(req: Request, res: Response, principal: Principal, id: string): Promise<void>;
}

/** Creates event streams on top of `Pairings.watch`. */
export function eventStreams(
  { heartbeatSeconds = 15, watchPrincipal }: Pick<HttpServices, 'heartbeatSeconds' | 'watchPrincipal'>,
  pairings: Pick<Pairings, 'watch'>,
  shown: (view: PairingView) => WirePairing,
): EventStreams {
  const counts = new Map<string, number>();

  async function open(res: Response, principal: Principal, id: string): Promise<void> {
    // If the client has already disconnected, the event `close` has already occurred, so the stream would never end.
    if (res.destroyed) return;
    const { subject } = principal;
    const count = counts.get(subject) ?? 0;
    if (count >= streamsPerUser) throw new LatchkeyError('ERR_STREAM_LIMIT', { retryAfterSeconds: 5 });
    counts.set(subject, count + 1);

    let closed = false;
    let unwatch: Unsubscribe | undefined;
    let refusal: ErrorCode | undefined;
    const timer = setInterval(beat, heartbeatSeconds * 1000).unref();
    const unguard = watchPrincipal(principal, {
      onRefused(code) {
        refusal = code;
        close();
      },
    });

    function close(): void {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      unguard();
      const left = (counts.get(subject) ?? 1) - 1;
      if (left === 0) counts.delete(subject);
      else counts.set(subject, left);
      unwatch?.().catch(() => {});
      // If nothing has been sent yet, the caller sends the response.
      if (headersSent(res) && !res.writableEnded) res.end();
    }

    function show(view: PairingView | undefined): void {
      if (res.writableEnded) close();
      if (closed) return;
      try {
        begin(res);
        // If there is no view, the pairing could not be read. The browser will reconnect automatically and try again.
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

    /** Sends a heartbeat, because proxies close idle streams. */
    function beat(): void {
      if (res.writableEnded) close();
      else if (!closed && headersSent(res)) res.write(':\n\n');
    }

    res.on('close', close);
    // Other middleware, such as a timeout, might end this response. Without this listener, the resulting error of the
    // stream would end the process.
    res.on('error', close);
    try {
      const stop = await pairings.watch(principal, id, show);
      if (closed) await stop();
      else unwatch = stop;
      if (closed && !headersSent(res)) throw new LatchkeyError(refusal ?? 'ERR_STATE_UNAVAILABLE');
    } catch (error) {
      if (!headersSent(res)) throw error;
    }
  }

  return {
    async open(req, res, principal, id) {
      // EventSource reconnects after each response, unless the status of the response is 204 (WHATWG HTML §9.2.3).
      const seen = req.get('Last-Event-ID');
      if (seen !== undefined && isOneOf(endedStatuses, seen)) res.status(204).end();
      else if (req.method === 'HEAD') res.type('text/event-stream').end();
      else await open(res, principal, id);
    },
  };
}

function begin(res: Response): void {
  if (headersSent(res)) return;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    // Without these headers, nginx and middleware that compresses responses would delay events.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  res.write(`retry: ${retryMilliseconds}\n\n`);
}
