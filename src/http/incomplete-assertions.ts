// Reports to the host that fields were left out of an assertion, without flooding the host's log.
import type { Identification } from '../identity/assertion.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { Clock } from '../vocabulary/types.js';

/** Every request of a user has the same assertion, so Latchkey reports an assertion only once within this time. */
const windowMilliseconds = 3_600_000;
/**
 * The maximum number of events within `windowMilliseconds`. If a misconfigured proxy affects all users, more events add
 * no information.
 */
const windowEvents = 1000;

/**
 * Creates the function that raises `assertion.incomplete` for a request. The function raises the event once an hour for
 * each user and set of fields, and at most 1,000 times an hour in total.
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
    // If the clock was set back, events must not stay suppressed until the clock has caught up.
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
