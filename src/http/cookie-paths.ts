// Where the host's session can be. Express-session passes by what lies outside of its cookie's path, without a word.
import { LatchkeyError } from '../vocabulary/errors.js';
import { withoutEvent } from './problem.js';
import type { HostSession } from './session-store.js';

/** A host has one path, or a few where its cookie options are a function; more would be made from the requests. */
const most = 16;

/** The paths of session cookies that were seen. */
export interface CookiePaths {
  learn(session: HostSession): void;
  /**
   * For a request without a session: `false` where its target lies outside of every cookie's path. Throws `missing()` where
   * there should be a session, and `ERR_TARGET_NOT_CANONICAL` for a target that has no path (RFC 9112 §3.2.4).
   */
  cover(url: string, missing: () => LatchkeyError): false;
}

/** None seen yet. */
export function cookiePaths(): CookiePaths {
  const paths = new Set<string>();
  let warned = false;
  return {
    learn({ cookie }) {
      const path = cookie?.path;
      const text = typeof path === 'string' && path !== '' ? path : '/';
      if (paths.size < most) paths.add(text);
    },

    cover(url, missing) {
      const path = pathOf(url);
      if (path === undefined) throw new LatchkeyError('ERR_TARGET_NOT_CANONICAL');
      if (paths.size === 0) {
        // Whether the path is outside, or sessions are down or not mounted, nobody can tell before one was seen.
        if (!warned) process.emitWarning(missing().message, { code: 'LATCHKEY_SESSION' });
        warned = true;
        throw withoutEvent(missing());
      }
      if (paths.size < most && ![...paths].some((known) => path.startsWith(known))) return false;
      throw missing();
    },
  };
}

/** The path as express-session reads it, of an origin-form or absolute-form target. */
function pathOf(target: string): string | undefined {
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0];
  return URL.canParse(target) ? new URL(target).pathname : undefined;
}
