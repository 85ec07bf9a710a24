// What both directories agree on about notes of use: of each row, only the latest is written.
import { isId } from './storable-text.js';

/** When a row was used. */
interface Moment {
  readonly id: string;
  readonly at: Date;
}

/**
 * The latest use of each row, without those whose id is none; of two at the same instant, the one named last.
 * @param momentOf which row a use is about, and when it was
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
