// The parts that the descriptions of the routes for administrators share.
import type { ErrorCode } from '../../vocabulary/errors.js';
import { browserReadErrors, writeErrors } from './browser-errors.js';
import type { Field, Fields, PathEntry } from './operation.js';
import { type AnySchema, pattern, type Schema, shortText, text } from './schema.js';

/** A path below `admin`. */
export type AdminPath = Omit<PathEntry, 'tag'>;

/** The codes of a GET request of an administrator. */
export const adminReadErrors: readonly ErrorCode[] = [...browserReadErrors, 'ERR_ROLE_REQUIRED'];

/** The codes of a write of an administrator. */
export const adminWriteErrors: readonly ErrorCode[] = [...adminReadErrors, ...writeErrors];

/** The codes of a write that needs a version. */
export const versionedErrors: readonly ErrorCode[] = [
  ...adminWriteErrors,
  'ERR_NOT_FOUND',
  'ERR_VERSION_REQUIRED',
  'ERR_VERSION',
];

/** Returns an optional parameter. By default, it is a name. */
export function filter(description: string, schema: AnySchema = shortText(512)): Field {
  return { description, schema };
}

const version: Schema<string> = pattern('^"(0|[1-9][0-9]{0,14})"$');

/** The response header with the version of a record. */
export const etag: Fields = { ETag: { description: 'The version, in quotes.', schema: version, required: true } };

/** The request header with the version of a record. */
export const ifMatch: Field = { description: 'The version that the change is based on, in quotes.', schema: version };

/** The request headers of a change that always needs a version. */
export const changeHeaders: Fields = { 'If-Match': { ...ifMatch, required: true } };

/** The parameters of a list with pages. */
export const page: Fields = {
  limit: filter('The maximum number of items on the page, from 1 to 1,000. Default 100.', pattern('^[1-9][0-9]{0,3}$')),
  cursor: filter('The member `next` of the previous page. Default: the first page.', text),
};
