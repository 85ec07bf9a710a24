// Tracks the paths on which the host's session can exist. Express-session silently skips all requests outside the path
// of its cookie.
import { LatchkeyError } from '../vocabulary/errors.js';
import { withoutEvent } from './problem.js';
import type { HostSession } from './session-store.js';

/**
 * The maximum number of cookie paths. A host usually has one cookie path, or a few if its cookie options are a
 * function. If there are more paths than this, they depend on what clients send.
 */
const most = 16;

/** The known paths of session cookies. */
export interface CookiePaths {
  learn(session: HostSession): void;
  /**
   * Checks whether a request without a session should have one. Returns `false` if the request target lies outside all
   * cookie paths.
   *
   * @throws {LatchkeyError} The result of `missing()` when the request should have a session;
   * `ERR_TARGET_NOT_CANONICAL` for a target without a path (RFC 9112 §3.2.4).
   */
  cover(url: string, missing: () => LatchkeyError): false;
}

/** Creates an empty registry of cookie paths. */
export function cookiePaths(): CookiePaths {
  const paths = new Set<string>();
  let warned = false;
  return {
    learn({ cookie }) {
      const path = cookie?.path;
      const cookiePath = typeof path === 'string' && path !== '' ? path : '/';
      if (paths.size < most) paths.add(cookiePath);
    },

    cover(url, missing) {
      const path = pathOf(url);
      if (path === undefined) throw new LatchkeyError('ERR_TARGET_NOT_CANONICAL');
      if (paths.size === 0) {
        // Before the first session, Latchkey cannot distinguish a target outside the cookie's path from a failed
        // session store or missing session middleware.
        const error = missing();
        const { cause } = error;
        const advice = cause instanceof Error ? cause.message : error.message;
        if (!warned) process.emitWarning(advice, { code: 'LATCHKEY_SESSION' });
        warned = true;
        throw withoutEvent(error);
      }
      if (paths.size < most && ![...paths].some((known) => path.startsWith(known))) return false;
      throw missing();
    },
  };
}

/** Returns the path of an origin-form or absolute-form target, as express-session reads the path. */
function pathOf(target: string): string | undefined {
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0];
  return URL.canParse(target) ? new URL(target).pathname : undefined;
}
