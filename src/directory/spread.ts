// directory/: who is that here, and what may they do? The order in which a change takes effect.
import type { PrincipalCache } from './principal-cache.js';

/**
 * Writes to the directory, then makes every instance forget, then returns. Where the write fails they are told to forget
 * as well, but not waited for: a statement whose answer was lost may have been carried out. `done` is called once it is
 * written, told or not.
 *
 * By default it is somebody's decision, and no instance goes by the old row once this has returned (`dropEverywhere`).
 * `drop` is for steps on the way of a request that hold as well where another instance hears of them later.
 */
export async function spread<Result>(
  cache: PrincipalCache,
  keys: (result: Result | undefined) => readonly string[],
  write: () => Promise<Result>,
  done: (result: Result) => void,
  by: 'dropEverywhere' | 'drop' = 'dropEverywhere',
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
    await cache[by](keys(result));
  } finally {
    done(result);
  }
  return result;
}
