// Reads the version that a change is based on (RFC 9110 §13.1), so that no change silently overwrites a newer version.
import type { Request, Response } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';

// Matches a single strong entity tag in the form that Latchkey issues. Lists of tags and `*` are refused, because they
// could match a version that the client has not seen.
const versionTag = /^"(0|[1-9]\d{0,14})"$/;

/**
 * Returns the version from the header `If-Match`.
 *
 * @throws {LatchkeyError} `ERR_VERSION_REQUIRED` (RFC 6585 §3) when the request has no usable version.
 */
export function requiredVersion(req: Request): number {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  const version = none === undefined ? versionTag.exec(given ?? '')?.[1] : undefined;
  if (version === undefined) throw new LatchkeyError('ERR_VERSION_REQUIRED');
  return Number(version);
}

/**
 * Works like `requiredVersion`, but for a record that might not exist yet. Returns `none` for `If-None-Match: *`, which
 * requires that the record does not exist.
 */
export function requiredVersionOrNone(req: Request): number | 'none' {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  return given === undefined && none?.trim() === '*' ? 'none' : requiredVersion(req);
}

/**
 * Responds with a record and its version. Never responds with 304, because the record contains roles that follow from
 * mappings. These roles can change although the version of the row stays the same.
 */
export function sendVersion(res: Response, version: number, body: object): void {
  res.set('ETag', `"${version}"`).type('json').end(JSON.stringify(body));
}
