// Checks request targets, because the proxy and the app might read one target as two different paths.

// Matches a path that consists of complete escapes and the characters that RFC 3986 §3.3 allows. Also accepts
// characters that browsers leave unescaped although the RFC does not allow them: `[`, `]`, `^` and `|`.
const pathCharacters = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]^|]|%[0-9A-Fa-f]{2})*$/;

// Matches escapes that could give one path two spellings: the escapes of unreserved characters (RFC 3986 §2.3), control
// characters, `%`, `/` and `\`.
const needlessEscape = /%(?:[01][0-9A-Fa-f]|25|2[D-Fd-f]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf])/;

// Matches an empty segment or a dot segment, with or without path parameters: `//`, `/./`, `/..`, `/..;x/` and `/;/`.
const hiddenSegment = /\/(?:\.{1,2}(?:[/;]|%3b|$)|[/;]|%3b)/i;

/**
 * Returns whether all proxies and routers read this request target as the same path. Such a target is in origin form,
 * and its path is valid UTF-8. The path has no empty segments, no dot segments, and none of the escapes that
 * `needlessEscape` matches.
 */
export function isCanonicalTarget(target: string): boolean {
  if (target.includes('#')) return false;
  const path = pathOf(target);
  if (!pathCharacters.test(path) || hiddenSegment.test(path)) return false;
  if (!path.includes('%')) return true;
  return !needlessEscape.test(path) && decodes(path);
}

/**
 * Returns whether a request with this target may have identity headers, if a proof accompanies these headers. Unlike
 * `isCanonicalTarget`, this function accepts escaped slashes, escaped percent signs and empty segments. It refuses dot
 * segments and other needless escapes, even if they are escaped several times.
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
