// Middleware for test servers: compares all answers of Latchkey with the OpenAPI documents.
import type { RequestHandler } from 'express';
import { routerOpenapi, tokenRouterOpenapi } from '../../../src/http/openapi/document.js';
import type { ServerParts } from '../../../src/http/openapi/operation.js';
import { type Checker, documentChecker } from './document-checker.js';
import { type Exchange, recordExchange } from './exchange.js';
import { addViolation } from './violations.js';

interface Checkers {
  readonly router: Checker;
  readonly tokenRouter: Checker;
}

/** The checkers of this process. Most servers of the tests have the same parts. */
const checkers = new Map<string, Checkers>();

/** Checks the answers below `/auth` or `/deep/auth`, and below `/api/auth`. Mount it before everything else. */
export function answerCheck(parts: ServerParts): RequestHandler {
  return (req, res, next) => {
    recordExchange(req, res, (exchange) => {
      for (const violation of violationsOf(exchange, () => checkersOf(parts))) addViolation(violation);
    });
    next();
  };
}

/** Returns how an exchange differs from the documents. */
export function violationsOf(exchange: Exchange, documents: () => Checkers): readonly string[] {
  if (isOfHost(exchange)) return [];
  const { path } = exchange;
  const mount = ['/api/auth', '/auth', '/deep/auth'].find((each) => path.toLowerCase().startsWith(`${each}/`));
  if (mount === undefined) return [];
  const checker = documents()[mount === '/api/auth' ? 'tokenRouter' : 'router'];
  return checker({ ...exchange, path: path.slice(mount.length) });
}

/** Returns the checkers for a server with these parts. */
export function checkersOf(parts: ServerParts): Checkers {
  const key = JSON.stringify(parts);
  const known = checkers.get(key) ?? {
    router: documentChecker(routerOpenapi(parts)),
    tokenRouter: documentChecker(tokenRouterOpenapi(parts)),
  };
  checkers.set(key, known);
  return known;
}

/** Returns whether the host itself sent the answer: its own error handler, or Express' final handler. */
function isOfHost({ status, answer }: Exchange): boolean {
  return (status === 500 && answer === '{"host":true}') || (status >= 400 && answer.includes('<pre>'));
}
