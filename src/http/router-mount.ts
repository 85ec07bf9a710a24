// Finds the path at which the host mounts the router. Latchkey needs this path before the first request to the router.
import type { Router } from 'express';

/**
 * Returns a function that returns the mount path of the router, or `undefined` as long as that path is unknown.
 *
 * Express tells the mount path only to apps, not to routers: `app.use` sets `mountpath` and emits `mount` on every
 * handler that has `handle` and `set`. So this function gives the router a `set`, which is never called. The path of a
 * request is no substitute, because the client chooses the spelling of that path. The mount path stays unknown if the
 * host mounts the router in another router, or at a pattern.
 */
export function mountOf(router: Router): () => string | undefined {
  let parent: unknown;
  let mountPath: unknown;
  Object.defineProperties(router, {
    set: { value: () => router },
    emit: {
      value(event: string, app: unknown) {
        if (event !== 'mount' || parent !== undefined) return false;
        parent = app;
        const path: unknown = Reflect.get(router, 'mountpath');
        mountPath = Array.isArray(path) ? path[0] : path;
        return true;
      },
    },
  });
  return () => {
    if (typeof mountPath !== 'string' || typeof parent !== 'function' || !('path' in parent)) return undefined;
    // The app itself can be mounted in another app, even after this router was mounted.
    const above: unknown = typeof parent.path === 'function' ? parent.path() : undefined;
    const path = `${above}${mountPath}`.replace(/\/+$/, '');
    return typeof above === 'string' && /^(?:\/[\w.~-]+)*$/.test(path) ? path : undefined;
  };
}
