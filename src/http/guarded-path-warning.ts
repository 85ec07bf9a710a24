// Warns the host of a token router that apps cannot reach.
import type { IncomingMessage } from 'node:http';
import type { OnEvent } from '../vocabulary/events.js';
import { isGuarded } from './request-principal.js';

/** Warns the host when `tokenRouter` is on a guarded path: apps cannot log in at the proxy, so they never reach it. */
export function warnOfGuardedPath(req: IncomingMessage, onEvent: OnEvent): void {
  if (!isGuarded(req)) return;
  const message =
    'tokenRouter is mounted outside unguardedPaths and sharedPaths: the proxy requires a login there, and apps cannot log in at the proxy';
  onEvent({ type: 'error', code: 'ERR_CONFIG', message });
}
