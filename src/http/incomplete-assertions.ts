// Reports to the host that an assertion had invalid fields, without flooding the host's log.
import type { Identification } from '../identity/assertion.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { Clock } from '../vocabulary/types.js';

/** All requests of a user have the same assertion, so Latchkey reports each assertion only once in this period. */
const windowMilliseconds = 3_600_000;
/**
 * The maximum number of events in a period of `windowMilliseconds`. If a misconfigured proxy affects all users, further
 * events would add no information.
 */
const windowEvents = 1000;

/**
 * Creates the function that raises the event `assertion.incomplete` for a request. For each user and set of fields, it
 * raises the event once an hour. In total, it raises at most 1,000 events an hour.
 */
export function incompleteAssertions(options: {
  readonly onEvent: OnEvent;
  readonly now: Clock;
}): (identification: Identification) => void {
  const { onEvent, now } = options;
  const reported = new Set<string>();
  let since = Number.NEGATIVE_INFINITY;

  return ({ assertion, leftOut }) => {
    if (assertion === undefined || leftOut === undefined) return;
    const at = now();
    // If the clock was set back, a new period begins. Otherwise events would stay suppressed until the clock had caught
    // up.
    if (at < since || at - since >= windowMilliseconds) {
      reported.clear();
      since = at;
    }
    const { subject } = assertion;
    const key = `${leftOut.join()} ${subject}`;
    if (reported.size >= windowEvents || reported.has(key)) return;
    reported.add(key);
    onEvent({ type: 'assertion.incomplete', subject, fields: leftOut });
  };
}
