// Warns the host if apps cannot reach the token router.
import type { IncomingMessage } from 'node:http';
import type { OnEvent } from '../vocabulary/events.js';
import { isGuarded } from './request-principal.js';

/**
 * Warns the host if `tokenRouter` is on a guarded path. Apps cannot log in at the proxy, so they cannot reach the
 * router.
 */
export function warnOfGuardedPath(req: IncomingMessage, onEvent: OnEvent): void {
  if (!isGuarded(req)) return;
  const message =
    'tokenRouter is mounted outside unguardedPaths and sharedPaths: the proxy requires a login there, and apps cannot ' +
    'log in at the proxy';
  onEvent({ type: 'error', code: 'ERR_CONFIG', message });
}
