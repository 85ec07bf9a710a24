// Reads the version that a change requires (RFC 9110 §13.1), so that the change cannot silently overwrite a newer
// version.
import type { Request, Response } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';

// Accepts a single strong tag of ours. A list or `*` could match versions that the client has not seen, which the
// precondition must prevent.
const versionTag = /^"(0|[1-9]\d{0,14})"$/;

/**
 * Returns the version in `If-Match`.
 *
 * @throws {LatchkeyError} `ERR_VERSION_REQUIRED` (RFC 6585 §3) when the request has no usable version.
 */
export function requiredVersion(req: Request): number {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  const version = none === undefined ? versionTag.exec(given ?? '')?.[1] : undefined;
  if (version === undefined) throw new LatchkeyError('ERR_VERSION_REQUIRED');
  return Number(version);
}

/** Like `requiredVersion`, for a record that may not exist yet: `If-None-Match: *` requires that there is none. */
export function requiredVersionOrNone(req: Request): number | 'none' {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  return given === undefined && none?.trim() === '*' ? 'none' : requiredVersion(req);
}

/**
 * Responds with a record of this version. Never responds with 304: roles follow from mappings, so the response can
 * change while the version of the row stays the same.
 */
export function sendVersion(res: Response, version: number, body: object): void {
  res.set('ETag', `"${version}"`).type('json').end(JSON.stringify(body));
}
