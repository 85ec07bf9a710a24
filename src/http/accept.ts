// What a client asks for: a page for people or JSON, in which language, and whether a person is going there.
import type { IncomingMessage } from 'node:http';
import { request as expressRequest } from 'express';
import { bearerToken } from './bearer.js';

const answers = ['application/problem+json', 'application/json', 'text/html'];

/**
 * Whether the client prefers HTML to JSON (RFC 9110 §12.5.1). A client that accepts everything, names no type or sends
 * a bearer token does not.
 */
export function prefersHtml(req: IncomingMessage): boolean {
  const { accept, authorization } = req.headers;
  if (accept === undefined || bearerToken(authorization) !== undefined) return false;
  // Express' method reads only the headers, so it also accepts requests that Express did not create.
  return expressRequest.accepts.call(req, ...answers) === 'text/html';
}

/**
 * Whether a person follows a link or opens an address, so that a redirect leads this person somewhere. Browsers say so
 * in `Sec-Fetch-Mode`, but not on plain http; then a GET for HTML counts, unless a script says that it sent it.
 */
export function isNavigation(req: IncomingMessage): boolean {
  if (req.method !== 'GET' || !prefersHtml(req)) return false;
  const mode = req.headers['sec-fetch-mode'];
  return mode === undefined ? req.headers['x-requested-with'] === undefined : mode === 'navigate';
}

/** The language among these that the client prefers (RFC 9110 §12.5.4). The first, if it accepts none of them. */
export function preferredLanguage(req: IncomingMessage, languages: readonly string[]): string | undefined {
  return expressRequest.acceptsLanguages.call(req, ...languages) || languages[0];
}
