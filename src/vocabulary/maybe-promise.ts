// Defines a type for values that are available either at once or through a promise.

/** A value, or a promise of the value. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Calls `next` with the value, and does not create a promise if the value is available at once. Requests that are
 * answered from memory must not create promises, because each promise takes time.
 */
export function chain<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
