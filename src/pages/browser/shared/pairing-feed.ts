// Receives the changes of one pairing as server-sent events. While the event stream is down, the page polls instead.
import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { api, Problem, problemOf } from './page-api.js';

/** Receives the changes of a pairing. */
export interface Follower {
  changed(pairing: WirePairing): void;
  /**
   * Is called when the page cannot read the pairing. A problem of the kind `login` or `unknown` stops the feed. After
   * any other problem, the feed continues.
   */
  failed(problem: Problem): void;
}

export interface Feed {
  /** Fetches the pairing now, without waiting for an event. */
  refresh(): void;
  stop(): void;
}

/** Returns whether the pairing can still lead to a connected device. */
export function isLive({ status }: Pick<WirePairing, 'status'>): boolean {
  return status === 'open' || status === 'claimed' || status === 'approved';
}

/**
 * Follows a pairing until `stop` is called or the status is final. The status `redeemed` is not final: if a second
 * device uses the code before it expires, the server revokes the first device, and the page has to show the revocation.
 */
export function follow(first: WirePairing, follower: Follower): Feed {
  const { id } = first;
  const intervalSeconds = first.interval ?? 5;
  const events = new EventSource(api.eventsPath(id));
  let { status } = first;
  let endsAt = 0;
  let timer: number | undefined;
  let stopped = false;
  let asking = false;
  let notBefore = 0;

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    events.close();
  }

  function notify(pairing: WirePairing): void {
    if (stopped) return;
    status = pairing.status;
    if (isLive(pairing)) endsAt = Date.now() + pairing.expires_in * 1000;
    follower.changed(pairing);
  }

  function askAfter(seconds: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(ask, seconds * 1000);
  }

  /** Polls slowly after the device has connected, because the server then ends the event stream. */
  function lookBack(): void {
    events.close();
    if (status === 'redeemed' && Date.now() < endsAt) askAfter(intervalSeconds * 2);
    else stop();
  }

  async function ask(): Promise<void> {
    if (asking || stopped || Date.now() < notBefore) return;
    asking = true;
    let waitSeconds = intervalSeconds;
    try {
      notify(await api.pairing(id));
    } catch (error) {
      const problem = problemOf(error);
      if (stopped) return;
      if (problem.kind === 'login' || problem.kind === 'unknown') stop();
      waitSeconds = Math.max(intervalSeconds, problem.retryAfter);
      // When the countdown is at zero, this function is called every second, but a failing server must not get that
      // many requests.
      notBefore = Date.now() + waitSeconds * 1000 - 50;
      // Do not report a failed poll after the device has connected, because the failure does not affect the device.
      if (isLive({ status }) || problem.kind === 'login') follower.failed(problem);
    } finally {
      asking = false;
    }
    if (!isLive({ status })) lookBack();
    else if (events.readyState !== EventSource.OPEN) askAfter(waitSeconds);
  }

  events.addEventListener('status', (event: MessageEvent<string>) => {
    try {
      notify(JSON.parse(event.data) as WirePairing);
    } catch {
      follower.failed(new Problem('unexpected'));
    }
  });
  events.addEventListener('open', () => clearTimeout(timer));
  // Poll until the event stream works again. The browser reconnects by itself, unless the server refused the stream.
  events.addEventListener('error', () => {
    if (isLive({ status })) askAfter(intervalSeconds);
    else lookBack();
  });
  return { refresh: () => void ask(), stop };
}
