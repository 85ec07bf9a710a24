// Tracks where the host's session can exist. Express-session silently skips requests outside its cookie's path.
import { LatchkeyError } from '../vocabulary/errors.js';
import { withoutEvent } from './problem.js';
import type { HostSession } from './session-store.js';

/**
 * A host has one path, or a few if its cookie options are a function. More paths than this must come from the requests
 * themselves.
 */
const most = 16;

/** The known paths of session cookies. */
export interface CookiePaths {
  learn(session: HostSession): void;
  /**
   * Checks a request without a session. Returns `false` when its target is outside of every cookie's path.
   *
   * @throws {LatchkeyError} `missing()` when there should be a session; `ERR_TARGET_NOT_CANONICAL` for a target without
   * a path (RFC 9112 §3.2.4).
   */
  cover(url: string, missing: () => LatchkeyError): false;
}

/** Creates an empty registry. */
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
        // Before the first cookie, three causes look the same: the target is outside the cookie's path, the session
        // store is down, or sessions are not mounted.
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

/** The path of an origin-form or absolute-form target, as express-session reads it. */
function pathOf(target: string): string | undefined {
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0];
  return URL.canParse(target) ? new URL(target).pathname : undefined;
}
