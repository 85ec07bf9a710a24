// Runs every handler that this folder registers, and passes whatever it throws or rejects with to `next`.
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { headersSent } from './headers-sent.js';

/** Does its work, at once or later. */
export type Work = (req: Request, res: Response) => unknown;

/** Middleware: the request goes on once the work is done. What the work throws or rejects with goes to the error handlers. */
export function middleware(work: Work): RequestHandler {
  return (req, res, next) => {
    requireNext(next);
    contain(
      res,
      () => work(req, res),
      () => next(),
      next,
    );
  };
}

/** The end of a request. What the work throws or rejects with goes to the error handlers. */
export function endpointHandler(work: Work): RequestHandler {
  return (req, res, next) =>
    contain(
      res,
      () => work(req, res),
      () => {},
      next,
    );
}

/** Throws `ERR_CONFIG` where somebody called middleware instead of mounting it. */
export function requireNext(next: NextFunction | undefined): void {
  if (typeof next === 'function') return;
  const detail = 'Middleware of Latchkey was called without a request: write app.use(auth.authenticate), without ().';
  throw new LatchkeyError('ERR_CONFIG', { detail });
}

/**
 * Runs the work, then either `done` or `failed`. Nothing rejects afterwards: Express 4 does not look at the promises of its
 * handlers, and Node ends a process for a rejection that nobody handles.
 */
function contain(res: Response, work: () => unknown, done: () => void, failed: (error: unknown) => void): void {
  let outcome: unknown;
  try {
    outcome = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (!isThenable(outcome)) {
    done();
    return;
  }
  Promise.resolve(outcome)
    .then(done, failed)
    .catch((cause: unknown) => abandon(res, cause));
}

/** What comes after us threw. Express never does that, but other frameworks that call middleware do. */
function abandon(res: Response, cause: unknown): void {
  const reason = cause instanceof Error ? cause.message : 'not an Error';
  process.emitWarning(`A request was abandoned, because next() threw: ${reason}`, { code: 'LATCHKEY_NEXT' });
  if (headersSent(res) || !res.writableEnded) res.destroy();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
