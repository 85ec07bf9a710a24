// Values that may be available at once or later.

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** Continues with a value. A promise costs a turn of the event loop, so requests on warm caches must not create one. */
export function chain<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
