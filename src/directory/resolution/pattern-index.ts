// Finds the patterns that match a group without trying every pattern.
import { groupMatcher } from '../../vocabulary/group-pattern.js';

/** An index of patterns. Each pattern has a value. */
export interface PatternIndex<Value> {
  /** Returns the values of all patterns that match the group, in no particular order. */
  matches(group: string): readonly Value[];
  /** Returns how many patterns `matches` would compare with this group. */
  compared(group: string): number;
}

interface Indexed<Value> {
  readonly pattern: string;
  readonly value: Value;
  /** Created at the first comparison, because most patterns are never compared with any group. */
  matcher: ((group: string) => boolean) | undefined;
}

/**
 * Creates an index. A pattern is found by the text before its first `*`, or by the text after its last `*` if it begins
 * with `*`. Each group is then compared only with the patterns that have this text in common with it. Only patterns that
 * begin and end with `*` are compared with every group.
 */
export function patternIndex<Value>(patterns: Iterable<readonly [pattern: string, value: Value]>): PatternIndex<Value> {
  const byHead = new Map<string, Indexed<Value>[]>();
  const byTail = new Map<string, Indexed<Value>[]>();
  const others: Indexed<Value>[] = [];
  for (const [pattern, value] of patterns) {
    const head = pattern.slice(0, pattern.indexOf('*'));
    const tail = pattern.slice(pattern.lastIndexOf('*') + 1);
    const indexed: Indexed<Value> = { pattern, value, matcher: undefined };
    if (head !== '') add(byHead, head, indexed);
    else if (tail !== '') add(byTail, tail, indexed);
    else others.push(indexed);
  }
  const headLengths = lengthsOf(byHead);
  const tailLengths = lengthsOf(byTail);

  /** The lists of patterns whose text may match. A group that is shorter than the text of a pattern cannot match. */
  function candidates(group: string): readonly (readonly Indexed<Value>[])[] {
    const lists: (readonly Indexed<Value>[] | undefined)[] = [others];
    for (const length of headLengths) {
      if (length <= group.length) lists.push(byHead.get(group.slice(0, length)));
    }
    for (const length of tailLengths) {
      if (length <= group.length) lists.push(byTail.get(group.slice(group.length - length)));
    }
    return lists.filter((list) => list !== undefined);
  }

  return {
    matches(group) {
      const found: Value[] = [];
      for (const some of candidates(group)) {
        for (const indexed of some) {
          indexed.matcher ??= groupMatcher(indexed.pattern);
          if (indexed.matcher(group)) found.push(indexed.value);
        }
      }
      return found;
    },
    compared: (group) => candidates(group).reduce((sum, some) => sum + some.length, 0),
  };
}

function add<Value>(index: Map<string, Indexed<Value>[]>, key: string, indexed: Indexed<Value>): void {
  const others = index.get(key);
  if (others === undefined) index.set(key, [indexed]);
  else others.push(indexed);
}

/** Returns the lengths of the keys, each once. */
function lengthsOf(index: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set(Array.from(index.keys(), ({ length }) => length))];
}
