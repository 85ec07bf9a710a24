// http/: bodies, read by our own small parsers so that hosts need not mount any, and taken as they are where hosts did.
import { json, type Request, type RequestHandler, urlencoded } from 'express';
import { LatchkeyError } from '../errors.js';

const limit = '8kb';
const parseJson = json({ limit, inflate: false, type: isJson });
const parseForm = urlencoded({ limit, inflate: false, extended: false, parameterLimit: 20, type: isForm });

/** Reads a JSON body (RFC 8259). A body of another type, or of none, is `ERR_BODY_TYPE`; a DELETE may have no body. */
export const jsonBody: RequestHandler = (req, res, next) => {
  const bare = req.method === 'DELETE' && req.headers['content-type'] === undefined && !hasBody(req);
  if (!bare && !isJson(req)) throw new LatchkeyError('ERR_BODY_TYPE', { detail: 'The body must be application/json.' });
  parseJson(req, res, next);
};

/** Reads a form (RFC 6749 §3.2) or JSON. */
export const formOrJsonBody: RequestHandler = (req, res, next) => {
  if (isForm(req)) parseForm(req, res, next);
  else if (isJson(req)) parseJson(req, res, next);
  else {
    throw new LatchkeyError('ERR_BODY_TYPE', {
      detail: 'The body must be application/x-www-form-urlencoded or application/json.',
    });
  }
};

/** What a member must look like, besides being printable. */
export interface TextRule {
  /** In characters. */
  readonly max: number;
}

// NUL ends text in C and is refused by Postgres; the other controls, and lone surrogates, only ever do harm.
const clean = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** A member that must be there. Throws `ERR_BODY_INVALID`, which names the member and never its value. */
export function text(req: Request, name: string, rule: TextRule): string {
  const value = optionalText(req, name, rule);
  if (value === undefined) throw new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is missing.` });
  return value;
}

/** A member that may be there; trimmed, in Unicode NFC, never empty. Given twice, as a form can, it is refused. */
export function optionalText(req: Request, name: string, rule: TextRule): string | undefined {
  const body: unknown = req.body;
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body) || Buffer.isBuffer(body)) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The body must be an object.' });
  }
  const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
  if (value === undefined || value === null) return undefined;
  const trimmed = typeof value === 'string' ? value.trim().normalize('NFC') : '';
  // Two code units a character at most: nothing long is taken apart.
  const tooLong = trimmed.length > 2 * rule.max || [...trimmed].length > rule.max;
  if (trimmed === '' || tooLong || !clean.test(trimmed)) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is not acceptable.` });
  }
  return trimmed;
}

function isJson(req: { readonly headers: { readonly 'content-type'?: string | undefined } }): boolean {
  return /^application\/json[\t ]*(;|$)/i.test(req.headers['content-type'] ?? '');
}

function isForm(req: { readonly headers: { readonly 'content-type'?: string | undefined } }): boolean {
  return /^application\/x-www-form-urlencoded[\t ]*(;|$)/i.test(req.headers['content-type'] ?? '');
}

function hasBody(req: Request): boolean {
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
