// The former name of the directory in Postgres.
import { postgresDirectory } from './postgres-directory.js';

/** @deprecated The former name of `postgresDirectory`. */
export const sqlDirectory: typeof postgresDirectory = postgresDirectory;
