// The former name of the directory in Postgres.
import { postgresDirectory } from './postgres-directory.js';

/**
 * The former name of `postgresDirectory`.
 * @deprecated Use `postgresDirectory`.
 *
 * @example
 * import { postgresDirectory } from 'latchkey';
 * const directory = postgresDirectory(pool);
 */
export const sqlDirectory: typeof postgresDirectory = postgresDirectory;
