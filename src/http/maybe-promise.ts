// What may be there at once, or later.

/** A value, or the promise of one. */
export type Eventually<T> = T | Promise<T>;

/** Goes on with a value. A promise costs a turn of the event loop, so warm requests must not make one. */
export function after<T, Result>(value: Eventually<T>, next: (value: T) => Eventually<Result>): Eventually<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
