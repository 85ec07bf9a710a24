// directory/: who is that here, and what may they do? The order in which a change takes effect.
import type { PrincipalCache } from './principal-cache.js';

/**
 * Writes to the directory, then makes every instance forget, then returns. Where the write fails they forget as well: a
 * statement whose answer was lost may have been carried out. `done` is called once it is written, told or not.
 */
export async function spread<Result>(
  cache: PrincipalCache,
  keys: (result: Result | undefined) => readonly string[],
  write: () => Promise<Result>,
  done: (result: Result) => void,
): Promise<Result> {
  let result: Result;
  try {
    result = await write();
  } catch (error) {
    await cache.drop(keys(undefined)).catch(() => {});
    throw error;
  }
  if (result === undefined) return result;
  try {
    await cache.drop(keys(result));
  } finally {
    done(result);
  }
  return result;
}
