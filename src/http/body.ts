// Parses request bodies, so that hosts need no parser of their own. Also accepts bodies that the host has already
// parsed.
import { parse as parseQuery } from 'node:querystring';
import { json, type Request, type RequestHandler, type Response, urlencoded } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { bodyOf } from './body-members.js';
import { middleware } from './contain.js';

/** The maximum length of a body in bytes. */
const limit = 8192;
const parameterLimit = 20;
const parseForm = urlencoded({ limit, inflate: false, extended: false, parameterLimit, type: isForm });

const parseJson = json({ limit, inflate: false, type: isJson });

/**
 * Reads a JSON body (RFC 8259). Refuses a missing or different content type with `ERR_BODY_TYPE`. Only a DELETE may
 * have neither a body nor a content type.
 */
export const jsonBody: RequestHandler = jsonReader(parseJson, limit);

/** Works like `jsonBody`, but accepts bodies of up to `max` bytes. */
export function largeJsonBody(max: number): RequestHandler {
  return jsonReader(json({ limit: max, inflate: false, type: isJson }), max);
}

function jsonReader(parse: RequestHandler, max: number): RequestHandler {
  return middleware((req, res) => {
    const bare = req.method === 'DELETE' && req.headers['content-type'] === undefined && !hasBody(req);
    if (!bare && !isJson(req)) {
      throw new LatchkeyError('ERR_BODY_TYPE', { detail: 'The body must be application/json.' });
    }
    return read(req, res, parse, max);
  });
}

/** Reads a body that is a form (RFC 6749 §3.2) or JSON. */
export const formOrJsonBody: RequestHandler = middleware(async (req, res) => {
  if (isForm(req)) await read(req, res, parseForm, limit);
  else if (isJson(req)) await read(req, res, parseJson, limit);
  else {
    throw new LatchkeyError('ERR_BODY_TYPE', {
      detail: 'The body must be application/x-www-form-urlencoded or application/json.',
    });
  }
  leaveOutEmpty(req);
});

/**
 * Parses the body. If the host has already read the body with `express.text()` or `express.raw()`, parses the text or
 * the bytes that it read.
 */
function read(req: Request, res: Response, parse: RequestHandler, max: number): Promise<void> | undefined {
  const body: unknown = req.body;
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    req.body = isForm(req) ? parsedForm(body, max) : parsedJson(body, max);
    return undefined;
  }
  return new Promise((resolve, reject) => {
    parse(req, res, (error: unknown) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

function parsedJson(body: string | Buffer, max: number): unknown {
  const json = decoded(body, max).trim();
  // Like Express' parser, Latchkey treats an empty body as an empty object. Any other body must be an object or a list.
  if (json === '') return {};
  try {
    if (/^[[{]/.test(json)) return JSON.parse(json);
  } catch {
    // The error of JSON.parse is dropped, because its message would repeat the body.
  }
  throw malformed();
}

function parsedForm(body: string | Buffer, max: number): unknown {
  const form = decoded(body, max);
  if (form.split('&').length > parameterLimit) throw new LatchkeyError('ERR_BODY_TOO_LARGE');
  return parseQuery(form, '&', '=', { maxKeys: parameterLimit });
}

function decoded(body: string | Buffer, max: number): string {
  if (Buffer.byteLength(body) > max) throw new LatchkeyError('ERR_BODY_TOO_LARGE');
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed();
  }
}

function malformed(): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail: 'The body is not well-formed.' });
}

/**
 * Removes parameters without a value, and refuses repeated parameters (RFC 6749 §3.2). Ignores unknown parameters,
 * because the RFC requires this.
 */
function leaveOutEmpty(req: Request): void {
  const given = Object.entries(bodyOf(req) ?? {});
  if (isForm(req) && given.some(([, value]) => typeof value !== 'string')) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'A parameter was sent more than once.' });
  }
  req.body = Object.fromEntries(given.filter(([, value]) => value !== ''));
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
