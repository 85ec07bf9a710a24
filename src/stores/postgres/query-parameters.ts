// The parameters of a statement that is put together from what a query asks for. Its text never holds a caller's.

/** Collects parameters. */
export interface Parameters {
  /** In the order of their numbers. */
  readonly values: unknown[];
  /** Adds a value; returns what stands for it in the statement. */
  add(value: unknown, type: 'bigint' | 'integer' | 'text' | 'text[]' | 'timestamptz' | 'uuid'): string;
}

/** No parameters yet. */
export function parameters(): Parameters {
  const values: unknown[] = [];
  return { values, add: (value, type) => `$${values.push(value)}::${type}` };
}

/** All of these conditions. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
