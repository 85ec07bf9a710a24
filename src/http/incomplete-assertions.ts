// Reports assertions with left-out fields to the host without flooding its log.
import type { Identification } from '../identity/assertion.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { Clock } from '../vocabulary/types.js';

/** Every request of a user has the same assertion, so each one is reported once within this time. */
const windowMilliseconds = 3_600_000;
/** A misconfigured proxy affects all users: more events than this within the time add no information. */
const windowEvents = 1000;

/** Raises `assertion.incomplete` for a request: once an hour per user and set of fields, at most 1,000 an hour. */
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
    // A clock that was set back must not suppress events until it catches up.
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
