// http/: bodies, read by our own small parsers so that hosts need not mount any, and taken as they are where hosts did.
import { json, type NextFunction, type Request, type RequestHandler, urlencoded } from 'express';
import { LatchkeyError } from '../errors.js';
import { isQuestion, withoutPadding } from '../text-rules.js';

const limit = '8kb';
const parseForm = urlencoded({ limit, inflate: false, extended: false, parameterLimit: 20, type: isForm });

const parseJson = json({ limit, inflate: false, type: isJson });

/** Reads a JSON body (RFC 8259). A body of another type, or of none, is `ERR_BODY_TYPE`; a DELETE may have no body. */
export const jsonBody: RequestHandler = jsonReader(parseJson);

/** The same, for a path whose bodies may be larger than usual. `max` is in bytes. */
export function largeJsonBody(max: number): RequestHandler {
  return jsonReader(json({ limit: max, inflate: false, type: isJson }));
}

function jsonReader(parse: RequestHandler): RequestHandler {
  return (req, res, next) => {
    const bare = req.method === 'DELETE' && req.headers['content-type'] === undefined && !hasBody(req);
    if (!bare && !isJson(req)) {
      throw new LatchkeyError('ERR_BODY_TYPE', { detail: 'The body must be application/json.' });
    }
    parse(req, res, next);
  };
}

/** Reads a form (RFC 6749 §3.2) or JSON. */
export const formOrJsonBody: RequestHandler = (req, res, next) => {
  if (isForm(req)) parseForm(req, res, parsed(req, next));
  else if (isJson(req)) parseJson(req, res, parsed(req, next));
  else {
    throw new LatchkeyError('ERR_BODY_TYPE', {
      detail: 'The body must be application/x-www-form-urlencoded or application/json.',
    });
  }
};

/**
 * RFC 6749 §3.2: a parameter without a value counts as left out, and none may come twice. Others that are unknown are
 * ignored, as it demands.
 */
function parsed(req: Request, next: NextFunction): NextFunction {
  return (error?: unknown) => {
    if (error !== undefined) return next(error);
    try {
      const given = Object.entries(objectOf(req) ?? {});
      if (isForm(req) && given.some(([, value]) => typeof value !== 'string')) {
        throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'A parameter came more than once.' });
      }
      req.body = Object.fromEntries(given.filter(([, value]) => value !== ''));
      next();
    } catch (refusal) {
      next(refusal);
    }
  };
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
  const known = names.length === 0 ? 'The body has no members here.' : `The members are: ${names.join(', ')}.`;
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
  return new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is not acceptable.` });
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
