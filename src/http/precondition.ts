// Which version a change is for (RFC 9110 §13.1), so that nobody overwrites what they have not seen.
import type { Request, Response } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';

// One strong tag of ours. Lists and `*` would mean "whichever it is", which is what must not happen.
const versionTag = /^"(0|[1-9]\d{0,14})"$/;

/** The version that `If-Match` names. Throws `ERR_VERSION_REQUIRED` (RFC 6585 §3) where there is none that can be used. */
export function requiredVersion(req: Request): number {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  const version = none === undefined ? versionTag.exec(given ?? '')?.[1] : undefined;
  if (version === undefined) throw new LatchkeyError('ERR_VERSION_REQUIRED');
  return Number(version);
}

/** The same for what may not be there yet: `If-None-Match: *` says that there is none. */
export function requiredVersionOrNone(req: Request): number | 'none' {
  const { 'if-match': given, 'if-none-match': none } = req.headers;
  return given === undefined && none?.trim() === '*' ? 'none' : requiredVersion(req);
}

/**
 * Answers with what has this version. Never 304: roles follow from mappings, so what is shown can be another under the
 * same version of the row.
 */
export function sendVersion(res: Response, version: number, body: object): void {
  res.set('ETag', `"${version}"`).type('json').end(JSON.stringify(body));
}
