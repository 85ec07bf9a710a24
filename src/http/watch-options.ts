// Checks the callbacks that the host passes to `watchPrincipal`.
import type { WatchOptions } from '../directory/resolution/principal-watch.js';
import { LatchkeyError } from '../vocabulary/errors.js';

/**
 * Checks the callbacks. Earlier versions took functions instead of an object. Without this check, such functions would
 * be accepted but never called.
 */
export function checkedWatch(options: WatchOptions): WatchOptions {
  const { onRefused, onRolesChanged } = options ?? {};
  if (typeof onRefused === 'function' && ['function', 'undefined'].includes(typeof onRolesChanged)) return options;
  const expected = '{ onRefused, onRolesChanged? } with functions';
  throw new LatchkeyError('ERR_CONFIG', { detail: `watchPrincipal: expected ${expected}, saw something else.` });
}
