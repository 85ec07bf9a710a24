// Collects the parameters of a dynamically built statement, so that the statement's text never contains a caller's
// values.

/** Collects parameters. */
export interface Parameters {
  /** The values, in the order of their numbers. */
  readonly values: unknown[];
  /** Adds a value and returns its placeholder for the statement. */
  add(value: unknown, type: 'bigint' | 'integer' | 'text' | 'text[]' | 'timestamptz' | 'uuid'): string;
}

/** Creates an empty list of parameters. */
export function parameters(): Parameters {
  const values: unknown[] = [];
  return { values, add: (value, type) => `$${values.push(value)}::${type}` };
}

/** Joins the conditions with AND. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
