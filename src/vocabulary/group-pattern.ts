// Decides which groups a mapping matches.

/**
 * Returns whether `pattern`, the group of a mapping, matches `group`. `*` matches any sequence of characters, including
 * none. Every other character matches only itself. The comparison is case-sensitive. `*` cannot be escaped, so a
 * mapping for a group whose own name contains `*` also matches other groups. The running time is at most proportional
 * to the product of the two lengths.
 *
 * @example
 * import { groupMatches } from 'latchkey';
 * groupMatches('team-*', 'team-red'); // true
 */
export function groupMatches(pattern: string, group: string): boolean {
  return groupMatcher(pattern)(group);
}

/** Returns a function that returns the same as `groupMatches` for this pattern, and splits the pattern only once. */
export function groupMatcher(pattern: string): (group: string) => boolean {
  if (!isGroupPattern(pattern)) return (group) => pattern === group;
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop() ?? '';
  return (group) => {
    if (group.length < head.length + tail.length || !group.startsWith(head) || !group.endsWith(tail)) return false;
    // Matching each part as early as possible leaves the most text for the following parts.
    const end = group.length - tail.length;
    let at = head.length;
    for (const part of rest) {
      const found = group.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** Returns whether a mapping's group is a pattern, which can match several groups. */
export function isGroupPattern(group: string): boolean {
  return group.includes('*');
}
