// Renders errors as responses. All texts are fixed, so that no response repeats input from the client.
import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Request } from 'express';
import { errorEvent } from '../vocabulary/error-events.js';
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { ProblemResponse } from '../vocabulary/wire/problem-json.js';
import type { OAuthErrorResponse } from '../vocabulary/wire/token-json.js';
import { requireNext } from './contain.js';
import { headersSent } from './headers-sent.js';
import type { RefusalPages } from './refusal-page.js';
import type { HttpServices } from './services.js';

/** What the handlers of errors report to. */
export type ProblemReports = Pick<HttpServices, 'onEvent' | 'telemetry'>;

/** Maps the error types of Express' own body parsers to error codes. */
const parserErrors: Readonly<Record<string, ErrorCode>> = {
  'charset.unsupported': 'ERR_BODY_TYPE',
  'encoding.unsupported': 'ERR_BODY_TYPE',
  'entity.parse.failed': 'ERR_BODY_INVALID',
  'entity.too.large': 'ERR_BODY_TOO_LARGE',
  'entity.verify.failed': 'ERR_BODY_INVALID',
  'parameters.too.many': 'ERR_BODY_TOO_LARGE',
  'querystring.parse.rangeError': 'ERR_BODY_INVALID',
  'request.aborted': 'ERR_BODY_INVALID',
  'request.size.invalid': 'ERR_BODY_INVALID',
};

/**
 * Answers every `LatchkeyError` and the errors of Express' body parsers. A person gets a page or a redirect to the
 * login. Other clients get problem details (RFC 9457). Passes all other errors to the host's next error handler.
 */
export function problems(reports: ProblemReports, people: RefusalPages): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    requireNext(next);
    if (!answerProblem(error, res, reports, { req, people })) next(error);
  };
}

/**
 * Answers the same errors as `problems`. For all other errors, returns `false` and sends no response.
 * @param person the request and the pages, if a person might have sent the request
 */
export function answerProblem(
  error: unknown,
  res: ServerResponse,
  reports: ProblemReports,
  person?: { readonly req: Request; readonly people: RefusalPages },
): boolean {
  const known = recognised(error);
  if (known === undefined || headersSent(res)) return false;
  report(known, reports);
  prepare(known, res);
  if (person?.people.lead(known, person.req, res)) return true;
  // A 401 response names an authentication scheme (RFC 9110 §11.6.1). If a request has no credentials, the response has
  // no error code (RFC 6750 §3.1).
  if (known.status === 401) {
    const scheme = known.oauthCode === 'invalid_token' ? 'Bearer error="invalid_token"' : 'Bearer';
    res.setHeader('WWW-Authenticate', scheme);
  }
  if (person?.people.show(known, person.req, res)) return true;
  const { title, status, code } = known;
  const detail = known.expose ? known.message : title;
  const problem: ProblemResponse = { type: `urn:latchkey:error:${code}`, title, status, detail, code };
  answer(res, status, 'application/problem+json', problem);
  return true;
}

/**
 * Answers the same errors as `problems`, but for apps: the response is JSON with OAuth's `error` and
 * `error_description` (RFC 6749 §5.2). Sends `WWW-Authenticate` only to servers that must authenticate, because this
 * header confuses other OAuth clients.
 */
export function oauthProblems(reports: ProblemReports): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    requireNext(next);
    const known = recognised(error);
    if (known === undefined || headersSent(res)) {
      next(error);
      return;
    }
    report(known, reports);
    prepare(known, res);
    if (known.code === 'ERR_CLIENT_INVALID') res.setHeader('WWW-Authenticate', 'Basic realm="latchkey"');
    const description = (known.expose ? known.message : known.title).replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ' ');
    const refusal: OAuthErrorResponse = { error: known.oauthCode, error_description: description };
    answer(res, known.status, 'application/json', refusal);
  };
}

/** Answers 404 if a path parameter is not valid percent-encoding, because no resource has such a name. */
export const undecodable: ErrorRequestHandler = (error: unknown, _req, _res, next) => {
  next(error instanceof URIError ? new LatchkeyError('ERR_NOT_FOUND') : error);
};

function recognised(error: unknown): LatchkeyError | undefined {
  if (error instanceof LatchkeyError) return error;
  if (!(error instanceof Error) || !('type' in error) || typeof error.type !== 'string') return undefined;
  const code = Object.hasOwn(parserErrors, error.type) ? parserErrors[error.type] : undefined;
  // The error has no `cause`, because the parser's error contains the whole body, possibly with codes and tokens.
  return code === undefined ? undefined : new LatchkeyError(code);
}

// Errors that a client might have caused. They raise no events, because otherwise any client could alert the operator.
const doubtful = new WeakSet<LatchkeyError>();

/** Marks an error that looks like the host's fault but might be the client's fault. A marked error raises no event. */
export function withoutEvent(error: LatchkeyError): LatchkeyError {
  doubtful.add(error);
  return error;
}

/**
 * Counts the refusal. Also reports the error to the host if only the host can fix it, because the client sees only the
 * title of the error.
 */
function report(error: LatchkeyError, { onEvent, telemetry }: ProblemReports): void {
  telemetry?.refusedAtLast(error);
  if (doubtful.has(error)) return;
  if (error.status === 500 || error.code === 'ERR_SESSION_UNAVAILABLE') {
    onEvent(errorEvent(error, 'ERR_STATE_UNAVAILABLE'));
  }
}

function prepare(error: LatchkeyError, res: ServerResponse): void {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
}

/** Sends the response using only Node's own methods, because hosts also use these handlers without Express. */
function answer(res: ServerResponse, status: number, type: string, body: ProblemResponse | OAuthErrorResponse): void {
  const json = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Length', Buffer.byteLength(json));
  res.end(json);
}
