// pages, browser: follows one pairing. Server-Sent Events while they work, asking every few seconds while they do not.
import { api, type Pairing, Problem, problemOf } from './api.js';

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

/** Follows a pairing until stopped or until nothing more can come. */
export function follow(first: Pairing, follower: Follower): Feed {
  const { id } = first;
  const intervalSeconds = first.interval ?? 5;
  const events = new EventSource(api.eventsPath(id));
  let timer: number | undefined;
  let stopped = false;
  let asking = false;
  let notBefore = 0;
  let ended = first.status !== 'open';

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    events.close();
  }

  function tell(pairing: Pairing): void {
    if (stopped) return;
    ended = pairing.status !== 'open';
    follower.changed(pairing);
  }

  function askAfter(seconds: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(ask, seconds * 1000);
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
      follower.failed(problem);
    } finally {
      asking = false;
    }
    if (ended) stop();
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
  // A stream that ends after the pairing has: nothing more can come. Otherwise the browser tries to get it back by
  // itself (unless it was refused), and asking fills the gap.
  events.addEventListener('error', () => {
    if (ended) stop();
    else askAfter(intervalSeconds);
  });
  return { refresh: () => void ask(), stop };
}
