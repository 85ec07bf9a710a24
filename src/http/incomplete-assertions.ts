// Tells the host of assertions that were taken only in part, without flooding its log.
import type { Identification } from '../identity/assertion.js';
import type { Clock, OnEvent } from '../vocabulary/types.js';

/** They come with every request of a person, so nobody is told twice of the same within this time. */
const windowMilliseconds = 3_600_000;
/** A proxy that is configured wrongly does it to everybody: more than this within the time tells nothing new. */
const windowEvents = 1000;

/** Raises `assertion.incomplete` for one request: once an hour for each person and set of fields, 1,000 at most. */
export function incompleteAssertions(options: {
  readonly onEvent: OnEvent;
  readonly now: Clock;
}): (identification: Identification) => void {
  const { onEvent, now } = options;
  const told = new Set<string>();
  let since = Number.NEGATIVE_INFINITY;

  return ({ assertion, leftOut }) => {
    if (assertion === undefined || leftOut === undefined) return;
    const at = now();
    // A clock that was set back must not silence it for as long as it was wrong.
    if (at < since || at - since >= windowMilliseconds) {
      told.clear();
      since = at;
    }
    const { subject } = assertion;
    const key = `${leftOut.join()} ${subject}`;
    if (told.size >= windowEvents || told.has(key)) return;
    told.add(key);
    onEvent({ type: 'assertion.incomplete', subject, fields: leftOut });
  };
}
