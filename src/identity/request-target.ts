// Checks request targets, because a proxy's bypass rule and the app could read the same target as two different paths.

// A path of unreserved characters, sub-delims, ":", "@" and complete escapes (RFC 3986 §3.3). Browsers leave some
// characters unescaped that the RFC requires to be escaped (those outside the URL Standard's path percent-encode set).
// The pattern accepts these characters as well.
const pathCharacters = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]^|]|%[0-9A-Fa-f]{2})*$/;

// Matches escapes that could give one path two spellings: the escapes of control characters, "%", "-", ".", "/",
// digits, letters, "\", "_" and "~".
const needlessEscape = /%(?:[01][0-9A-Fa-f]|25|2[D-Fd-f]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf])/;

// Matches an empty segment or a dot segment, even if path parameters hide the segment: "//", "/./", "/..", "/..;x/",
// "/;/".
const hiddenSegment = /\/(?:\.{1,2}(?:[/;]|%3b|$)|[/;]|%3b)/i;

/**
 * Returns whether a request target has the one spelling that every proxy and router reads the same way. Such a target
 * is in origin form, and its path is valid UTF-8. The path has no empty segments, no dot segments, and no escapes of
 * unreserved characters, slashes, backslashes or percent signs.
 */
export function isCanonicalTarget(target: string): boolean {
  if (target.includes('#')) return false;
  const path = pathOf(target);
  if (!pathCharacters.test(path) || hiddenSegment.test(path)) return false;
  if (!path.includes('%')) return true;
  return !needlessEscape.test(path) && decodes(path);
}

/**
 * Returns whether a request target is acceptable if a proof accompanies identity headers. Unlike `isCanonicalTarget`,
 * accepts escaped slashes, escaped percent signs and empty segments. Refuses dot segments and other needless escapes,
 * even if they are escaped several times.
 */
export function isProvenSpelling(target: string): boolean {
  const path = pathOf(target);
  if (target.includes('#') || !pathCharacters.test(path) || !decodes(path)) return false;
  const undone = path
    .replace(/%(?:25)*2f/gi, '/')
    .replace(/%(?:25)+/g, '%')
    .replace(/\/{2,}/g, '/');
  return !needlessEscape.test(undone) && !hiddenSegment.test(undone);
}

/** Returns the target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
