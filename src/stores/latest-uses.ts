// Reduces a list of uses to the latest use of each row. All directories share this function.
import { isId } from './storable-text.js';

/** The time at which a row was used. */
interface Moment {
  readonly id: string;
  readonly at: Date;
}

/**
 * Returns the latest use of each row. Ignores uses with an invalid id. If two uses of a row have the same time, returns
 * the one that comes later in the list.
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
