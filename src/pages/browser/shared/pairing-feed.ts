// Follows one pairing. Server-Sent Events while they work, asking every few seconds while they do not.
import { api, type Pairing, Problem, problemOf } from './page-api.js';

/** What a follower is told. */
export interface Follower {
  changed(pairing: Pairing): void;
  /** The page cannot see the pairing just now; following goes on unless it is `login` or `unknown`. */
  failed(problem: Problem): void;
}

export interface Feed {
  /** Asks now, whatever the events say. */
  refresh(): void;
  stop(): void;
}

/** Whether something can still become of the pairing. */
export function isLive({ status }: Pick<Pairing, 'status'>): boolean {
  return status === 'open' || status === 'claimed' || status === 'approved';
}

/**
 * Follows a pairing until stopped or until nothing more can come. That is not yet so when a device has connected: while
 * the code would still have been good, a second device that comes with it undoes the connection, and the page says so.
 */
export function follow(first: Pairing, follower: Follower): Feed {
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

  function tell(pairing: Pairing): void {
    if (stopped) return;
    status = pairing.status;
    if (isLive(pairing)) endsAt = Date.now() + pairing.expires_in * 1000;
    follower.changed(pairing);
  }

  function askAfter(seconds: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(ask, seconds * 1000);
  }

  /** The server's stream ends with the attempt; what may come after it is asked for, in no hurry. */
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
      tell(await api.pairing(id));
    } catch (error) {
      const problem = problemOf(error);
      if (stopped) return;
      if (problem.kind === 'login' || problem.kind === 'unknown') stop();
      waitSeconds = Math.max(intervalSeconds, problem.retryAfter);
      // Whoever is impatient (a countdown at zero) does not press on a server that is in trouble.
      notBefore = Date.now() + waitSeconds * 1000 - 50;
      // A connection stands, whether or not anyone can look back at it just now.
      if (isLive({ status }) || problem.kind === 'login') follower.failed(problem);
    } finally {
      asking = false;
    }
    if (!isLive({ status })) lookBack();
    else if (events.readyState !== EventSource.OPEN) askAfter(waitSeconds);
  }

  events.addEventListener('status', (event: MessageEvent<string>) => {
    try {
      tell(JSON.parse(event.data) as Pairing);
    } catch {
      follower.failed(new Problem('unexpected'));
    }
  });
  events.addEventListener('open', () => clearTimeout(timer));
  // The browser tries to get the stream back by itself (unless it was refused), and asking fills the gap.
  events.addEventListener('error', () => {
    if (isLive({ status })) askAfter(intervalSeconds);
    else lookBack();
  });
  return { refresh: () => void ask(), stop };
}
