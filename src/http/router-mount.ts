// Finds the path at which the host mounts the router. Latchkey needs this path even before the first request to the
// router.
import type { Router } from 'express';

/**
 * Creates a function that returns the mount path of the router, or `undefined` if that path is unknown.
 *
 * Express tells apps their mount path, but not routers: `app.use` sets `mountpath` and emits `mount` only on handlers
 * with the methods `handle` and `set`. So this function adds a method `set` to the router. Express never calls it.
 * Latchkey cannot use the path of a request instead, because the client chooses the spelling of that path.
 *
 * The mount path stays unknown if the host mounts the router at a pattern, or in another router.
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
    // The app itself might be mounted in another app, even after this router has been mounted.
    const above: unknown = typeof parent.path === 'function' ? parent.path() : undefined;
    const path = `${above}${mountPath}`.replace(/\/+$/, '');
    return typeof above === 'string' && /^(?:\/[\w.~-]+)*$/.test(path) ? path : undefined;
  };
}
