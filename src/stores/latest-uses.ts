// Reduces a list of uses to the latest use of each row, for all directories.
import { isId } from './storable-text.js';

/** The time at which a row was used. */
interface Moment {
  readonly id: string;
  readonly at: Date;
}

/**
 * Returns the latest use of each row. Ignores uses with an invalid id. If two uses have the same time, the later use in
 * the list counts.
 * @param momentOf Returns the row's id and the time of a use.
 */
export function latestUses<Use>(uses: readonly Use[], momentOf: (use: Use) => Moment): readonly Use[] {
  const latest = new Map<string, { readonly use: Use; readonly at: Date }>();
  for (const use of uses) {
    const { id, at } = momentOf(use);
    if (isId(id) && (latest.get(id)?.at ?? at) <= at) {
      latest.set(id, { use, at });
    }
  }
  return Array.from(latest.values(), ({ use }) => use);
}
