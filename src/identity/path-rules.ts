// Decides which requests the proxy guards, by their paths.
import { configError } from './config-error.js';
import { isCanonicalTarget, isProvenSpelling, pathOf } from './request-target.js';

/**
 * How the proxy treats a path: it demands a login, forwards every request, or forwards every request and adds identity
 * headers to those that have a login.
 */
export type PathKind = 'guarded' | 'unguarded' | 'shared';

/** The compiled lists of paths. */
export interface PathRules {
  /** The kind of a target's path. `ambiguous`: different software may read the target as paths of different kinds. */
  kindOf(target: string): PathKind | 'ambiguous';
  /** Whether a target is spelled so that identity headers count on it. */
  accepts(target: string): boolean;
}

/** A configured path, in the spellings to which requests are compared. */
interface Prefix {
  readonly raw: string;
  readonly unescaped: string;
}

/**
 * Compiles `unguardedPaths` and `sharedPaths`. `proven`: identity headers come with a proof, or mean nothing. Then no
 * path makes them trustworthy, so paths match by whole segments, and a guarded path may have more than one spelling.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when a list is not one of canonical paths, or when the lists overlap.
 */
export function pathRules(options: {
  readonly unguardedPaths: unknown;
  readonly sharedPaths: unknown;
  readonly proven: boolean;
}): PathRules {
  const { proven } = options;
  const unguarded = prefixes('unguardedPaths', options.unguardedPaths, proven);
  const shared = prefixes('sharedPaths', options.sharedPaths, proven);
  for (const { raw } of shared) {
    if (unguarded.some((other) => isBelow(raw, other.raw) || isBelow(other.raw, raw))) {
      throw configError('sharedPaths', "paths that do not overlap 'unguardedPaths'", raw);
    }
  }

  if (!proven) {
    return {
      kindOf: (target) => (startsUnder(target, unguarded) ? 'unguarded' : 'guarded'),
      accepts: isCanonicalTarget,
    };
  }

  function kindOf(target: string): PathKind | 'ambiguous' {
    if (unguarded.length === 0 && shared.length === 0) return 'guarded';
    const path = rawPath(target);
    const kind = kindBy(path, 'raw');
    if (!severalReadings.test(path)) return kind;
    const texts = unescapedTexts(path);
    if (texts === undefined) return 'ambiguous';
    if (texts.some((text) => movingParts.test(text))) return texts.some(mentions) ? 'ambiguous' : 'guarded';
    return readingsOf(texts).every((reading) => kindBy(reading, 'unescaped') === kind) ? kind : 'ambiguous';
  }

  /** Whether a text contains the first segment of a configured path, so that some reading may lie below that path. */
  function mentions(text: string): boolean {
    const visible = text.replace(unseen, '');
    return [...unguarded, ...shared].some(({ unescaped }) => visible.includes(unescaped.split('/')[1] ?? ''));
  }

  function kindBy(path: string, spelling: keyof Prefix): PathKind {
    if (unguarded.some((prefix) => isBelow(path, prefix[spelling]))) return 'unguarded';
    return shared.some((prefix) => isBelow(path, prefix[spelling])) ? 'shared' : 'guarded';
  }

  return { kindOf, accepts: (target) => isProvenSpelling(target) && kindOf(target) !== 'ambiguous' };
}

// The special characters of globs, Express' routes and regular expressions. A path that contains one of them would
// never match a request.
const pattern = /[*()[\]^|$]|\/:/;

// What ends a path for some software: a query, a fragment or path parameters, escaped or not.
const pathEnd = /;|%(?:23|3b|3f)/i;

function prefixes(option: string, paths: unknown, bySegment: boolean): readonly Prefix[] {
  const expected = "a list of paths such as '/api', each longer than '/' and in canonical form";
  if (!Array.isArray(paths)) throw configError(option, expected, paths);
  return Array.from(paths as readonly unknown[], (path) => {
    if (typeof path !== 'string' || path === '/' || path.includes('?') || !isCanonicalTarget(path)) {
      throw configError(option, expected, path);
    }
    if (pattern.test(path)) {
      throw configError(option, `${expected}; a path matches every path that starts with it, without wildcards`, path);
    }
    if (bySegment && pathEnd.test(path)) throw configError(option, `${expected}, without ; ? and #`, path);
    const raw = path.toLowerCase();
    return { raw, unescaped: unescaped(raw) ?? raw };
  });
}

/**
 * Whether a path is the prefix or below it, by whole segments. A prefix that ends with a slash does not include the
 * path without it.
 */
function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}

/**
 * Whether a proxy that compares the beginnings of paths, before or after it undoes escapes, may forward this target
 * without a login.
 */
function startsUnder(target: string, prefixes: readonly Prefix[]): boolean {
  if (prefixes.length === 0) return false;
  const path = rawPath(target);
  if (prefixes.some(({ raw }) => path.startsWith(raw))) return true;
  if (!path.includes('%')) return false;
  const plain = unescaped(path);
  return plain === undefined || prefixes.some((prefix) => plain.startsWith(prefix.unescaped));
}

// The part before the path in an absolute-form target (RFC 9112 §3.2.2), such as "https://app.example.com".
const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;

function rawPath(target: string): string {
  return pathOf(target.startsWith('/') ? target : target.replace(authority, '')).toLowerCase();
}

// A path without any of these has one reading.
const severalReadings = /[%;\\#]|\/\/|\/\.{1,2}(?:\/|$)/;

// Control characters, which some URL parsers drop.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that parsers drop.
const unseen = /[\x00-\x1f\x7f]/g;

// What moves the segments of a path: dot segments, also with path parameters, backslashes, fragments, and what URL
// parsers drop.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that parsers drop.
const movingParts = /[\x00-\x1f\x7f\\#]|\/\.{1,2}(?:[/;?]|\s*$)/;

/** A path with its escapes undone before and after path parameters are removed. `undefined`: nested too deeply. */
function unescapedTexts(path: string): readonly string[] | undefined {
  const plain = unescaped(path);
  const early = unescaped(withoutParameters(path));
  return plain === undefined || early === undefined ? undefined : [plain, early];
}

/**
 * The paths that proxies, routers and URL parsers may read in such texts: with and without path parameters and what
 * follows an escaped `?`, with slashes merged, and with the beginning `//name` read as a host.
 */
function readingsOf(texts: readonly string[]): readonly string[] {
  const readings = new Set<string>();
  for (const text of texts) {
    const trimmed = text.trimEnd();
    for (const whole of [trimmed, trimmed.replace(/\?.*$/, '')]) {
      for (const named of [whole, withoutParameters(whole)]) {
        for (const start of [named, named.replace(/^\/{2,}[^/]*/, '')]) readings.add(start.replace(/\/{2,}/g, '/'));
      }
    }
  }
  return [...readings];
}

function withoutParameters(path: string): string {
  return path.replace(/;[^/]*/g, '');
}

const maximumRounds = 4;
const nestedEscape = /%(?:25)*([0-7][0-9a-f])/g;

/**
 * Undoes the escapes of ASCII characters in a path in lower case, also those that are escaped again. `undefined`: they
 * are nested too deeply.
 */
function unescaped(path: string): string | undefined {
  let text = path;
  for (let round = 0; round < maximumRounds; round++) {
    const next = text.replace(nestedEscape, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)).toLowerCase(),
    );
    if (next === text) return text;
    text = next;
  }
  return undefined;
}
