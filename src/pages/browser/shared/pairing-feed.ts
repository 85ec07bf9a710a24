// Follows one pairing through server-sent events. While the event stream does not work, the page polls every few
// seconds.
import type { WirePairing } from '../../../vocabulary/wire/pairing-json.js';
import { api, Problem, problemOf } from './page-api.js';

/** Receives the changes of a pairing. */
export interface Follower {
  changed(pairing: WirePairing): void;
  /**
   * This function is called when the page cannot read the pairing. The feed continues unless the kind of the problem is
   * `login` or `unknown`.
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
 * Follows a pairing until `stop` is called or the status is final. The status `redeemed` is not final. If a second
 * device uses the code before the code expires, the server revokes the first device, and the page shows the revocation.
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

  /** Polls slowly for changes after the device has connected, because the event stream ends at that time. */
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
      // A countdown at zero calls this function every second. Do not send that many requests to a failing server.
      notBefore = Date.now() + waitSeconds * 1000 - 50;
      // After a device has connected, a failed poll does not affect the device, so the failure is not reported.
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
  // The browser reconnects the event stream by itself, unless the server refused the stream. Until the stream works
  // again, the page polls.
  events.addEventListener('error', () => {
    if (isLive({ status })) askAfter(intervalSeconds);
    else lookBack();
  });
  return { refresh: () => void ask(), stop };
}
