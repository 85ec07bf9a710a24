// Reads request bodies with small parsers of our own, so that hosts need none. Also accepts bodies read by the host.
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

/**
 * Reads a JSON body (RFC 8259). Refuses any other type, or none, with `ERR_BODY_TYPE`. Only a DELETE may have no body.
 */
export const jsonBody: RequestHandler = jsonReader(parseJson, limit);

/** Like `jsonBody`, for a path with larger bodies than usual. `max` is in bytes. */
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

/** Parses the body, or what the host's `express.text()` or `express.raw()` left of it. */
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
  // Like Express' parser: an empty body is an empty object; otherwise the body is an object or a list.
  if (text === '') return {};
  try {
    if (/^[[{]/.test(text)) return JSON.parse(text);
  } catch {
    // The message of JSON.parse would repeat the body.
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
 * RFC 6749 §3.2: a parameter without a value counts as omitted, and a repeated one is an error. Unknown parameters are
 * ignored, as the RFC requires.
 */
function leaveOutEmpty(req: Request): void {
  const given = Object.entries(objectOf(req) ?? {});
  if (isForm(req) && given.some(([, value]) => typeof value !== 'string')) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'A parameter was sent more than once.' });
  }
  req.body = Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** The rule for a text member, in addition to the rule that it must be one line. */
export interface TextRule {
  /** In characters. */
  readonly max: number;
}

/**
 * Reads a required member.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when it is missing or not acceptable. The error names the member, never
 * its value.
 */
export function text(req: Request, name: string, rule: TextRule): string {
  const value = optionalText(req, name, rule);
  if (value === undefined) throw new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is missing.` });
  return value;
}

/**
 * Reads an optional text member. Trims ASCII whitespace and changes nothing else. Refuses an empty text, and a member
 * that occurs twice, which a form allows. The services check whether the text is a valid name of its kind.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when it is not acceptable.
 */
export function optionalText(req: Request, name: string, rule: TextRule): string | undefined {
  const value = member(req, name);
  return value === undefined ? undefined : acceptable(name, value, rule);
}

/** Reads an optional member that is `true` or `false`. */
export function optionalFlag(req: Request, name: string): boolean | undefined {
  const value = member(req, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw unacceptable(name);
}

/** Reads an optional member that is a list of texts, each by the rules of `optionalText`. */
export function optionalTexts(req: Request, name: string, rule: TextRule): readonly string[] | undefined {
  const value = member(req, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw unacceptable(name);
  return value.map((each: unknown) => acceptable(name, each, rule));
}

/** Reads an optional member that is a list of pairs of texts. Changes nothing in them. */
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

/**
 * Refuses members with any other name, because a misspelled one would otherwise be ignored silently.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when the body has such a member.
 */
export function onlyMembers(req: Request, names: readonly string[]): void {
  const unknown = Object.keys(objectOf(req) ?? {}).some((name) => !names.includes(name));
  if (!unknown) return;
  const known = names.length === 0 ? 'This endpoint takes no members.' : `Known members: ${names.join(', ')}.`;
  throw new LatchkeyError('ERR_BODY_INVALID', { detail: known });
}

/** Whether the body has this member, whatever its value. */
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
