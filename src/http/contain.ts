// Runs all handlers of this folder, and passes their errors and rejections to `next`.
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { limitedWarnings } from '../vocabulary/limited-warnings.js';
import { headersSent } from './headers-sent.js';

/** The work of a handler, which may be synchronous or return a promise. */
export type Work = (req: Request, res: Response) => unknown;

/** The work returns this value if it has answered the request itself. */
export const answered: unique symbol = Symbol('answered');

/**
 * Creates middleware that does the work and then calls `next`, unless the work returns `answered`. Passes errors and
 * rejections of the work to `next`.
 */
export function middleware(work: Work): RequestHandler {
  return (req, res, next) => {
    requireNext(next);
    contain(
      res,
      () => work(req, res),
      (outcome) => {
        if (outcome !== answered) next();
      },
      next,
    );
  };
}

/** Creates a handler whose work answers the request. Passes errors and rejections of the work to `next`. */
export function endpointHandler(work: Work): RequestHandler {
  return (req, res, next) =>
    contain(
      res,
      () => work(req, res),
      () => {},
      next,
    );
}

/**
 * Checks that the host has mounted this middleware instead of calling it.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the host has called the middleware.
 */
export function requireNext(next: NextFunction | undefined): void {
  if (typeof next === 'function') return;
  const detail = 'Middleware of Latchkey was called without a request: write app.use(auth.authenticate), without ().';
  throw new LatchkeyError('ERR_CONFIG', { detail });
}

/**
 * Runs the work, then either `done` or `failed`. All rejections are handled here, because Express 4 ignores the
 * promises of its handlers, and an unhandled rejection would end the process.
 */
function contain(
  res: Response,
  work: () => unknown,
  done: (outcome: unknown) => void,
  failed: (error: unknown) => void,
): void {
  let outcome: unknown;
  try {
    outcome = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (!isThenable(outcome)) {
    done(outcome);
    return;
  }
  Promise.resolve(outcome)
    .then(done, failed)
    .catch((cause: unknown) => abandon(res, cause));
}

const warnOfNext = limitedWarnings('LATCHKEY_NEXT');

/**
 * Handles an error that `next()` threw. The `next` of Express never throws, but the `next` of other frameworks might
 * throw.
 */
function abandon(res: Response, cause: unknown): void {
  const reason = cause instanceof Error ? cause.message : 'not an Error';
  warnOfNext(`A request was abandoned, because next() threw: ${reason}`);
  if (headersSent(res) || !res.writableEnded) res.destroy();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
