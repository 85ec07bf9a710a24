// Describes a wrong argument for an error message, with a hint if the fix is obvious. The description never includes
// the value itself, which might be a connection string with a password.

/** Describes what kind of value this is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'function') {
    return /^class\b/.test(Function.prototype.toString.call(value))
      ? 'a class: create an instance with new'
      : 'a function: call it';
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if ('then' in value && typeof value.then === 'function') return 'a promise: await it';
  if (Array.isArray(value)) return 'a list';
  return Object.keys(value).length === 0 && Object.getPrototypeOf(value) === Object.prototype ? '{}' : 'another object';
}
