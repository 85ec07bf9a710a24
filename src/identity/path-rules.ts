// Decides which paths the proxy guards.
import { configError } from './config-error.js';
import { isCanonicalTarget, isProvenSpelling, pathOf } from './request-target.js';

/**
 * How the proxy treats a path. On a `guarded` path, the proxy requires a login. On an `unguarded` path, the proxy
 * forwards every request. On a `shared` path, the proxy forwards every request, and adds identity headers if the user
 * is logged in.
 */
export type PathKind = 'guarded' | 'unguarded' | 'shared';

/** The compiled lists of paths. */
export interface PathRules {
  /**
   * Returns the kind of the target's path. Returns `ambiguous` if two programs might read the target as paths of
   * different kinds.
   */
  kindOf(target: string): PathKind | 'ambiguous';
  /** Returns whether Latchkey accepts identity headers with this spelling of the target. */
  accepts(target: string): boolean;
}

/** A configured path in lower case: once with its escapes, and once without. */
interface Prefix {
  readonly raw: string;
  readonly unescaped: string;
}

/**
 * Compiles `unguardedPaths` and `sharedPaths`. `proven` is true if identity headers need a proof, or if header login is
 * off. In both cases, no client can log in by sending identity headers itself. So paths match by whole segments, and a
 * guarded path can have several spellings.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when a list contains a path that is not canonical, or when the lists overlap.
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

  /**
   * Returns whether the text contains the first segment of a configured path. Some software might read such a text as a
   * path below the configured path.
   */
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

// Matches the special characters of globs, Express routes and regular expressions. A configured path with such a
// character was probably meant as a pattern, but Latchkey does not support patterns.
const pattern = /[*()[\]^|$]|\/:/;

// Some software ends the path at `;`, or at an escaped `#`, `;` or `?`.
const pathEnd = /;|%(?:23|3b|3f)/i;

function prefixes(option: string, paths: unknown, bySegment: boolean): readonly Prefix[] {
  const expected = "a list of paths such as '/api', each longer than '/' and in canonical form";
  if (!Array.isArray(paths)) throw configError(option, expected, paths);
  return Array.from(paths as readonly unknown[], (path) => {
    if (typeof path !== 'string' || path === '/' || path.includes('?') || !isCanonicalTarget(path)) {
      throw configError(option, expected, path);
    }
    if (pattern.test(path)) {
      throw configError(option, `${expected}, without wildcards: a path includes all paths below it`, path);
    }
    if (bySegment && pathEnd.test(path)) throw configError(option, `${expected}, without ; ? and #`, path);
    const raw = path.toLowerCase();
    return { raw, unescaped: unescaped(raw) ?? raw };
  });
}

/**
 * Returns whether the path equals the prefix or lies below it. Compares whole segments. The prefix `/api/` does not
 * include the path `/api`.
 */
function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}

/**
 * Returns whether a proxy that only compares prefixes might forward this target without a login. Some proxies decode
 * escapes before they compare, and others do not.
 */
function startsUnder(target: string, prefixes: readonly Prefix[]): boolean {
  if (prefixes.length === 0) return false;
  const path = rawPath(target);
  if (prefixes.some(({ raw }) => path.startsWith(raw))) return true;
  if (!path.includes('%')) return false;
  const plain = unescaped(path);
  return plain === undefined || prefixes.some((prefix) => plain.startsWith(prefix.unescaped));
}

// Matches the part before the path in an absolute-form target (RFC 9112 §3.2.2), such as `https://app.example.com`.
const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;

function rawPath(target: string): string {
  return pathOf(target.startsWith('/') ? target : target.replace(authority, '')).toLowerCase();
}

// All software reads a path in the same way if the path has none of these parts.
const severalReadings = /[%;\\#]|\/\/|\/\.{1,2}(?:\/|$)/;

// Control characters, which some URL parsers drop.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that parsers drop.
const unseen = /[\x00-\x1f\x7f]/g;

// Matches parts that change the segments of a path in some software: dot segments (with or without path parameters),
// backslashes, fragments, and characters that URL parsers drop.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that parsers drop.
const movingParts = /[\x00-\x1f\x7f\\#]|\/\.{1,2}(?:[/;?]|\s*$)/;

/**
 * Decodes the path twice: once as it is, and once without its path parameters. Returns `undefined` if the escapes are
 * nested too deeply.
 */
function unescapedTexts(path: string): readonly string[] | undefined {
  const plain = unescaped(path);
  const early = unescaped(withoutParameters(path));
  return plain === undefined || early === undefined ? undefined : [plain, early];
}

/**
 * Returns all paths that proxies, routers and URL parsers might derive from these texts. Such software might drop path
 * parameters, or everything after an escaped `?`. It might also merge slashes, or read `//name` at the beginning as a
 * host.
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
 * Decodes the escapes of ASCII characters in a lower-case path, including nested escapes such as `%252f`. Returns
 * `undefined` if the escapes are nested too deeply.
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
