// Bodies, read by our own small parsers so that hosts need not mount any, and taken as they are where hosts did.
import { parse as parseQuery } from 'node:querystring';
import { json, type Request, type RequestHandler, type Response, urlencoded } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { isQuestion, withoutPadding } from '../vocabulary/text-rules.js';
import { middleware } from './contain.js';

/** In bytes. */
const limit = 8192;
const parameterLimit = 20;
const parseForm = urlencoded({ limit, inflate: false, extended: false, parameterLimit, type: isForm });

const parseJson = json({ limit, inflate: false, type: isJson });

/** Reads a JSON body (RFC 8259). A body of another type, or of none, is `ERR_BODY_TYPE`; a DELETE may have no body. */
export const jsonBody: RequestHandler = jsonReader(parseJson, limit);

/** The same, for a path whose bodies may be larger than usual. `max` is in bytes. */
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

/** Reads a form (RFC 6749 §3.2) or JSON. */
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

/** Has the body parsed. Where the host's `express.text()` or `raw()` has read it, what they made of it is parsed. */
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
  const text = textOf(body, max).trim();
  // As Express' parser does: nothing is an empty object, and the body is an object or a list.
  if (text === '') return {};
  try {
    if (/^[[{]/.test(text)) return JSON.parse(text);
  } catch {
    // What JSON.parse says would repeat the body.
  }
  throw malformed();
}

function parsedForm(body: string | Buffer, max: number): unknown {
  const text = textOf(body, max);
  if (text.split('&').length > parameterLimit) throw new LatchkeyError('ERR_BODY_TOO_LARGE');
  return parseQuery(text, '&', '=', { maxKeys: parameterLimit });
}

function textOf(body: string | Buffer, max: number): string {
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
 * RFC 6749 §3.2: a parameter without a value counts as left out, and none may come twice. Others that are unknown are
 * ignored, as it demands.
 */
function leaveOutEmpty(req: Request): void {
  const given = Object.entries(objectOf(req) ?? {});
  if (isForm(req) && given.some(([, value]) => typeof value !== 'string')) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'A parameter was sent more than once.' });
  }
  req.body = Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** What a member must look like, besides being one line. */
export interface TextRule {
  /** In characters. */
  readonly max: number;
}

/** A member that must be there. Throws `ERR_BODY_INVALID`, which names the member and never its value. */
export function text(req: Request, name: string, rule: TextRule): string {
  const value = optionalText(req, name, rule);
  if (value === undefined) throw new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is missing.` });
  return value;
}

/**
 * A member that may be there, without blanks of ASCII around it, otherwise as it was sent, and never empty. Given twice, as a
 * form can, it is refused. Whether it can be the name that it is meant to be, the functions say.
 */
export function optionalText(req: Request, name: string, rule: TextRule): string | undefined {
  const value = member(req, name);
  return value === undefined ? undefined : acceptable(name, value, rule);
}

/** A member that may be there, and is then `true` or `false`. */
export function optionalFlag(req: Request, name: string): boolean | undefined {
  const value = member(req, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw unacceptable(name);
}

/** A member that may be there, and is then a list of texts, each as `optionalText` takes it. */
export function optionalTexts(req: Request, name: string, rule: TextRule): readonly string[] | undefined {
  const value = member(req, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw unacceptable(name);
  return value.map((each: unknown) => acceptable(name, each, rule));
}

/** A member that may be there, and is then a list of pairs of texts, which are taken as they are. */
export function optionalPairs(req: Request, name: string): readonly (readonly [string, string])[] | undefined {
  const value = member(req, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw unacceptable(name);
  return value.map((pair: unknown) => {
    const [first, second, ...more]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof first !== 'string' || typeof second !== 'string' || more.length > 0) throw unacceptable(name);
    return [first, second];
  });
}

/** Throws `ERR_BODY_INVALID` for a member of another name: misspelt, it would not be done, and nobody would be told. */
export function onlyMembers(req: Request, names: readonly string[]): void {
  const unknown = Object.keys(objectOf(req) ?? {}).some((name) => !names.includes(name));
  if (!unknown) return;
  const known = names.length === 0 ? 'This endpoint takes no members.' : `Known members: ${names.join(', ')}.`;
  throw new LatchkeyError('ERR_BODY_INVALID', { detail: known });
}

/** Whether a member is there, whatever it holds. */
export function has(req: Request, name: string): boolean {
  return member(req, name) !== undefined;
}

function member(req: Request, name: string): unknown {
  const body = objectOf(req);
  const value: unknown = body !== undefined && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
  return value ?? undefined;
}

function objectOf(req: Request): object | undefined {
  const body: unknown = req.body;
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body) || Buffer.isBuffer(body)) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The body must be an object.' });
  }
  return body;
}

function acceptable(name: string, value: unknown, { max }: TextRule): string {
  const trimmed = typeof value === 'string' ? withoutPadding(value, ' \t\r\n') : '';
  if (!isQuestion(trimmed, max)) throw unacceptable(name);
  return trimmed;
}

function unacceptable(name: string): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is invalid.` });
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
