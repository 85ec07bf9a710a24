// Warns the host if the proxy keeps apps from reaching `tokenRouter`.
import type { IncomingMessage } from 'node:http';
import type { OnEvent } from '../vocabulary/events.js';
import { isGuarded } from './request-principal.js';

/**
 * Warns the host if `tokenRouter` is on a guarded path. Apps cannot reach the router there, because they cannot log in
 * at the proxy.
 */
export function warnOfGuardedPath(req: IncomingMessage, onEvent: OnEvent): void {
  if (!isGuarded(req)) return;
  const message =
    'tokenRouter is mounted outside unguardedPaths and sharedPaths: the proxy requires a login there, and apps cannot ' +
    'log in at the proxy';
  onEvent({ type: 'error', code: 'ERR_CONFIG', message });
}
