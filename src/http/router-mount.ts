// Finds the path at which the host mounts the router. Latchkey needs it before the first request to the router.
import type { Router } from 'express';

/**
 * Returns a function that returns the path of the router, or `undefined` while it is unknown.
 *
 * Express tells an app, but not a router, where it is mounted: `app.use` sets `mountpath` and emits `mount` on every
 * handler that has `handle` and `set`. So this gives the router a `set`, which nothing calls. The path of a request is
 * no substitute, because a client chooses its spelling. The path stays unknown when the host mounts the router in
 * another router, or at a pattern.
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
    // The app may itself be mounted in another one, even after this router was.
    const above: unknown = typeof parent.path === 'function' ? parent.path() : undefined;
    const path = `${above}${mountPath}`.replace(/\/+$/, '');
    return typeof above === 'string' && /^(?:\/[\w.~-]+)*$/.test(path) ? path : undefined;
  };
}
