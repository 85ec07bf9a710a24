// Determines whether a client prefers HTML, which language it prefers, and whether its request is a navigation.
import type { IncomingMessage } from 'node:http';
import { request as expressRequest } from 'express';
import { bearerToken } from './bearer.js';

const answers = ['application/problem+json', 'application/json', 'text/html'];

/**
 * Returns whether the client prefers HTML to JSON (RFC 9110 §12.5.1). A client counts as preferring JSON if it accepts
 * everything, names no type or sends a bearer token.
 */
export function prefersHtml(req: IncomingMessage): boolean {
  const { accept, authorization } = req.headers;
  if (accept === undefined || bearerToken(authorization) !== undefined) return false;
  // Express' `accepts` reads only the headers, so it also works for requests that Express did not create.
  return expressRequest.accepts.call(req, ...answers) === 'text/html';
}

/**
 * Returns whether the request is a navigation: a person follows a link or opens an address. Browsers mark navigations
 * in `Sec-Fetch-Mode`, but not on plain http. If `Sec-Fetch-Mode` is missing, a GET for HTML counts as a navigation,
 * unless it has `X-Requested-With`, a header that only scripts send.
 */
export function isNavigation(req: IncomingMessage): boolean {
  if (req.method !== 'GET' || !prefersHtml(req)) return false;
  const mode = req.headers['sec-fetch-mode'];
  return mode === undefined ? req.headers['x-requested-with'] === undefined : mode === 'navigate';
}

/**
 * Returns the language that the client prefers among `languages` (RFC 9110 §12.5.4). Returns the first language if the
 * client accepts none of them.
 */
export function preferredLanguage(req: IncomingMessage, languages: readonly string[]): string | undefined {
  return expressRequest.acceptsLanguages.call(req, ...languages) || languages[0];
}
