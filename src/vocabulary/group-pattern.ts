// What the group of a mapping matches. Beside the vocabulary, because stores and directory must agree on it.

/**
 * Whether a mapping's group matches this group: `*` stands for any number of any characters, everything else for itself.
 * Case counts, and nothing can be escaped: a group that has a `*` in its name is matched by itself, and by others. Takes
 * time in proportion to the two lengths multiplied, whatever they are.
 */
export function groupMatches(pattern: string, group: string): boolean {
  if (!isGroupPattern(pattern)) return pattern === group;
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop() ?? '';
  if (group.length < head.length + tail.length || !group.startsWith(head) || !group.endsWith(tail)) return false;
  // The earliest place for each part leaves the most for those after it.
  const end = group.length - tail.length;
  let at = head.length;
  for (const part of rest) {
    const found = group.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether a mapping's group may match others than itself. */
export function isGroupPattern(group: string): boolean {
  return group.includes('*');
}
