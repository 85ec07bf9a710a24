// Reduces a list of uses to the latest one for each row, for both directories.
import { isId } from './storable-text.js';

/** The time at which a row was used. */
interface Moment {
  readonly id: string;
  readonly at: Date;
}

/**
 * Returns the latest use of each row, without uses that have an invalid id. Of two uses at the same time, the later one
 * in the list wins.
 * @param momentOf returns the row and the time of a use
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
