// Checks request targets, because a proxy's bypass rule and the app may read the same target as two different paths.
import { configError } from './config-error.js';

// A path of unreserved characters, sub-delims, ":", "@" and complete escapes (RFC 3986 §3.3). It may also have the
// characters that browsers do not escape although the RFC requires it: those outside the URL Standard's path
// percent-encode set.
const pathCharacters = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]^|]|%[0-9A-Fa-f]{2})*$/;

// Escapes that are not needed and give one path two spellings: those of control characters, "%", "-", ".", "/", digits,
// letters, "\", "_" and "~".
const needlessEscape = /%(?:[01][0-9A-Fa-f]|25|2[D-Fd-f]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf])/;

// An empty segment or a dot segment, even if path parameters hide it: "//", "/./", "/..", "/..;x/", "/;/".
const hiddenSegment = /\/(?:\.{1,2}(?:[/;]|%3b|$)|[/;]|%3b)/i;

// The part before the path in an absolute-form target (RFC 9112 §3.2.2), such as "https://app.example.com".
const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;

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

// The special characters of globs, Express' routes and regular expressions. A path that contains one of them would
// never match a request.
const pattern = /[*()[\]^|$]|\/:/;

/**
 * Compiles `unguardedPaths` to a test of request targets.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when it is not a list of canonical path prefixes.
 */
export function unguardedPaths(paths: unknown): (target: string) => boolean {
  const expected = "a list of paths such as '/api', each longer than '/' and in canonical form";
  if (!Array.isArray(paths)) throw configError('unguardedPaths', expected, paths);
  const prefixes = Array.from(paths as readonly unknown[], (path) => {
    if (typeof path !== 'string' || path === '/' || path.includes('?') || !isCanonicalTarget(path)) {
      throw configError('unguardedPaths', expected, path);
    }
    if (pattern.test(path)) {
      throw configError(
        'unguardedPaths',
        `${expected}; a path matches every path that starts with it, without wildcards`,
        path,
      );
    }
    return path.toLowerCase();
  });
  if (prefixes.length === 0) return () => false;
  return (target) => {
    const path = (target.startsWith('/') ? target : target.replace(authority, '')).toLowerCase();
    return prefixes.some((prefix) => path.startsWith(prefix));
  };
}

function pathOf(target: string): string {
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
