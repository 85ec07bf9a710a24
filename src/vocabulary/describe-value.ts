// Describes a value of the wrong kind for an error message, and how to fix it if that is obvious. The description never
// includes the content of the value: a connection string holds a password.

/** Returns what kind of value this is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'function') {
    return /^class\b/.test(Function.prototype.toString.call(value))
      ? 'a class: make one by new'
      : 'a function: call it';
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if ('then' in value && typeof value.then === 'function') return 'a promise: await it';
  if (Array.isArray(value)) return 'a list';
  return Object.keys(value).length === 0 && Object.getPrototypeOf(value) === Object.prototype ? '{}' : 'another object';
}
