// Checks request targets, because a proxy's bypass rule and the app may read the same target as two different paths.

// A path of unreserved characters, sub-delims, ":", "@" and complete escapes (RFC 3986 §3.3). It may also have the
// characters that browsers do not escape although the RFC requires it: those outside the URL Standard's path
// percent-encode set.
const pathCharacters = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]^|]|%[0-9A-Fa-f]{2})*$/;

// Escapes that are not needed and give one path two spellings: those of control characters, "%", "-", ".", "/", digits,
// letters, "\", "_" and "~".
const needlessEscape = /%(?:[01][0-9A-Fa-f]|25|2[D-Fd-f]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf])/;

// An empty segment or a dot segment, even if path parameters hide it: "//", "/./", "/..", "/..;x/", "/;/".
const hiddenSegment = /\/(?:\.{1,2}(?:[/;]|%3b|$)|[/;]|%3b)/i;

/**
 * Whether a request target has the one spelling that every proxy and router reads the same way: origin form, no empty
 * or dot segments, no escapes of unreserved characters, slashes, backslashes or percent signs, valid UTF-8.
 */
export function isCanonicalTarget(target: string): boolean {
  if (target.includes('#')) return false;
  const path = pathOf(target);
  if (!pathCharacters.test(path) || hiddenSegment.test(path)) return false;
  if (!path.includes('%')) return true;
  return !needlessEscape.test(path) && decodes(path);
}

/**
 * Whether a request target is acceptable where a proof accompanies identity headers. Like `isCanonicalTarget`, but with
 * escaped slashes and percent signs and with empty segments. No spelling may hide a dot segment or another needless
 * escape, however often it is escaped.
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

/** The target without its query. */
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
